import FeederCore
import FeederFiles
import FeederMetrics
import Foundation

/// Detections as a table of comma-separated values for people and spreadsheets: one row per call, in pixels of the original image,
/// and in millimetres if the size of a pixel is known.
package enum CallsFile {
  private static let columns = ["image", "class_id", "class", "confidence", "x1", "y1", "x2", "y2"]
  private static let millimetreColumns = ["x1_mm", "y1_mm", "x2_mm", "y2_mm"]

  /// Recognises such a file.
  package static let signature = FileSignature(start: columns.joined(separator: ","))

  /// The bytes of the file. A pixel has `micrometres` per side; nil leaves the columns in millimetres out.
  package static func data(
    _ images: [(imageID: String, detections: [Detection])], classNames: [String], micrometres: Double?
  ) -> Data {
    let names = classNames.map(field)
    var text = (columns + (micrometres == nil ? [] : millimetreColumns)).joined(separator: ",") + "\n"
    for (imageID, detections) in images {
      let image = field(imageID)
      for found in detections {
        let corners = [found.box.x1, found.box.y1, found.box.x2, found.box.y2]
        let name = names.indices.contains(found.classID) ? names[found.classID] : "\(found.classID)"
        var cells = [image, "\(found.classID)", name, String(format: "%.6g", found.score)]
        cells += corners.map { String(format: "%.2f", $0) }
        if let micrometres { cells += corners.map { String(format: "%.4f", $0 * micrometres / 1000) } }
        text += cells.joined(separator: ",") + "\n"
      }
    }
    return Data(text.utf8)
  }

  /// A cell, in quotes if it needs them (RFC 4180).
  private static func field(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
