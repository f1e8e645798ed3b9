import FeederCore
import FeederFiles
import FeederMetrics
import Foundation

/// Reads and writes predictions as COCO results JSON: an array of objects with `image_id` (the image file's name
/// without ending), `category_id` (from 0), `bbox` (x, y, width, height in pixels of the original image) and `score` (0
/// to 1).
package enum PredictionsFile {
  /// What was read. Detections keep the order of the file.
  package struct Contents: Sendable {
    /// Detections per image; images without any are missing.
    package var detections: [String: [Detection]] = [:]
    /// The category_id of class 0: 0 or 1.
    package var categoriesFrom = 0
    /// Lines for the user: how the file was read, and what looks wrong in it.
    package var notes: [String] = []
  }

  /// Reads the predictions for `images` with classes 0 ..< `classCount`. Unknown keys of an entry are ignored.
  ///
  /// An `image_id` that is a whole number means the image with that name or, because other tools drop leading zeros,
  /// the only image whose name has that value. If there is none, the stem of `file_name` is tried. Throws
  /// `ReportingError` with the file, the entry and the fault; no part of the file is trusted.
  package static func read(
    _ url: URL, images: [PredictedImage], classCount: Int, categoriesFrom choice: CategoryStart = .auto
  ) throws -> Contents {
    let names = ImageNames(images.lazy.map(\.imageID))
    let places = Dictionary(images.enumerated().map { ($1.imageID, $0) }) { first, _ in first }
    let entries = try PredictionEntry.all(in: url)
    func refuse(_ index: Int?, _ problem: String) -> ReportingError {
      .predictions(file: url.path, entry: index, problem: problem)
    }
    var found: [FoundBox] = []
    for (index, entry) in entries.enumerated() {
      do {
        let imageID = try names.find(entry)
        guard let place = places[imageID] else { preconditionFailure("the name is one of the images") }
        found.append(FoundBox(image: images[place], detection: try entry.detection()))
      } catch let problem as PredictionEntry.Problem {
        throw refuse(index, problem.text)
      }
    }
    var contents = Contents()
    guard !found.isEmpty else {
      contents.notes = ["\(url.path): holds no predictions, as if the detector found nothing"]
      return contents
    }
    let forms = BoxForms(found)
    if let problem = forms.problem { throw refuse(nil, problem) }
    let categories = CategoryReading(
      found, isNamed: entries.allSatisfy { $0.fileName != nil }, classCount: classCount, choice)
    contents.categoriesFrom = categories.start
    let others = [Self.repeated(found), categories.line, categories.doubt].compactMap { $0 }
    contents.notes = (forms.notes + others).map { "\(url.path): \($0)" }
    let known = categories.start..<categories.start + classCount
    for (index, item) in found.enumerated() {
      guard known.contains(item.detection.classID) else {
        throw refuse(
          index,
          "category_id \(item.detection.classID), but the classes count from \(known.lowerBound) to \(known.upperBound - 1)"
        )
      }
      var detection = item.detection
      detection.classID -= categories.start
      contents.detections[item.image.imageID, default: []].append(detection)
    }
    return contents
  }

  /// A line about equal predictions. All of them count, as in pycocotools.
  private static func repeated(_ found: [FoundBox]) -> String? {
    var seen: [String: Set<Detection>] = [:]
    let count = found.count { !seen[$0.image.imageID, default: []].insert($0.detection).inserted }
    return count > 0 ? "\(count) of \(found.count) predictions equal an earlier one; all count" : nil
  }

  /// Writes the detections of `images` in their order; reading returns exactly the same numbers. Throws `FileError`.
  ///
  /// Detections with a number that JSON cannot hold (infinite or NaN) are left out.
  package static func write(_ images: [(imageID: String, detections: [Detection])], to url: URL) throws {
    try FileWriter.replace(data(images), at: url.path)
  }

  /// Recognises a file that Feeder wrote: each entry is a line that starts with its image.
  package static let signature = FileSignature { glance in
    let (start, end) = ("[\n{\"image_id\":", "}\n]\n")
    let isEmpty = glance.byteCount == 4 && glance.holds("[\n]\n".utf8)
    return isEmpty || glance.holds(start.utf8) && glance.ends(with: end.utf8)
  }

  /// The bytes that `write` writes. Throws `EncodingError` if an image id cannot be encoded.
  package static func data(_ images: [(imageID: String, detections: [Detection])]) throws -> Data {
    var text = "["
    var separator = "\n"
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    for image in images where !image.detections.isEmpty {
      let name = String(decoding: try encoder.encode(image.imageID), as: UTF8.self)
      for detection in image.detections {
        let box = detection.box
        let numbers = [box.x1, box.y1, box.width, box.height, detection.score]
        guard numbers.allSatisfy(\.isFinite) else { continue }
        text += separator + "{\"image_id\":\(name),\"category_id\":\(detection.classID),\"bbox\":["
        text += numbers.dropLast().map { "\($0)" }.joined(separator: ",") + "],\"score\":\(detection.score)}"
        separator = ",\n"
      }
    }
    return Data((text + "\n]\n").utf8)
  }
}
