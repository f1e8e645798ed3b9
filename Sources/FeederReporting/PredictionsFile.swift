import FeederCore
import FeederMetrics
import Foundation

/// Predictions as COCO results JSON: an array of objects with `image_id` (the image file's name without its ending),
/// `category_id` (from 0), `bbox` (x, y, width, height in pixels of the original image) and `score` (0 to 1).
package enum PredictionsFile {
  /// The detections of every image that has some, in the order of the file; other keys of an entry are ignored.
  ///
  /// `imageIDs` are the images of the split and `classCount` its classes. An `image_id` that is a whole number stands for the
  /// image of that decimal text, or, as other tools drop leading zeros, for the one image whose name is that number. Throws
  /// `ReportingError` naming the file, the entry and what is wrong with it; nothing in the file is trusted.
  package static func read(
    _ url: URL, imageIDs: some Sequence<String>, classCount: Int
  ) throws -> [String: [Detection]] {
    let names = ImageNames(imageIDs)
    var detections: [String: [Detection]] = [:]
    for (index, entry) in try PredictionEntry.all(in: url).enumerated() {
      do {
        let imageID = try names.find(entry.imageID)
        detections[imageID, default: []].append(try entry.detection(classCount: classCount))
      } catch let problem as PredictionEntry.Problem {
        throw ReportingError.predictions(file: url.path, entry: index, problem: problem.text)
      }
    }
    return detections
  }

  /// Writes the detections of images in the order given; the numbers read back exactly. Throws `ReportingError.unwritable`.
  ///
  /// A detection with a number that JSON cannot hold (infinite or none) is left out.
  package static func write(_ images: [(imageID: String, detections: [Detection])], to url: URL) throws {
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
    try WholeFile.write(Data((text + "\n]\n").utf8), to: url)
  }
}

/// The images of a split by name, and by number for names that are one.
private struct ImageNames {
  private let names: Set<String>
  private let byNumber: [Int: [String]]

  init(_ imageIDs: some Sequence<String>) {
    names = Set(imageIDs)
    let numbered = names.filter { name in name.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    byNumber = Dictionary(grouping: numbered) { Int($0) ?? -1 }
  }

  func find(_ id: PredictionEntry.ImageID) throws -> String {
    switch id {
    case .text(let text):
      guard names.contains(text) else {
        throw PredictionEntry.Problem("no image '\(text)' in this split\(hint(text))")
      }
      return text
    case .number(let number):
      if names.contains("\(number)") { return "\(number)" }
      let candidates = byNumber[number] ?? []
      guard let only = candidates.first, number >= 0 else {
        throw PredictionEntry.Problem("no image \(number) in this split")
      }
      guard candidates.count == 1 else {
        throw PredictionEntry.Problem("image \(number) may be any of \(candidates.sorted().joined(separator: ", "))")
      }
      return only
    }
  }

  /// The likely mistake: a file name or a path where a name without ending belongs.
  private func hint(_ text: String) -> String {
    let stem = URL(filePath: text).deletingPathExtension().lastPathComponent
    return names.contains(stem) && stem != text ? "; there is '\(stem)': give the name without folder and ending" : ""
  }
}
