import FeederCore
import FeederDetection
import FeederImaging
import Foundation

/// What an exported file says about itself: keys that readers of Ultralytics' files know, and Feeder's own, which begin
/// with `feeder.`.
package struct ExportFacts {
  /// The names of the classes, by class number.
  package let classNames: [String]
  /// More of Feeder's own keys, without their beginning, by key.
  package var own: [String: String] = [:]

  /// Facts about a network with these classes.
  package init(classNames: [String]) { self.classNames = classNames }

  /// All text pairs, in a fixed order. Throws `EncodingError`.
  func notes(_ network: DetectionNetwork, _ settings: ExportSettings) throws -> [ONNXModel.Note] {
    let name = network.design.name
    let common = [
      ("description", "\(name), trained with Feeder"), ("author", "Feeder"), ("version", Release.version),
      ("task", "detect"), ("stride", String(network.design.strides.max() ?? 1)), ("batch", String(settings.batch ?? 1)),
      ("imgsz", "[\(settings.size.height), \(settings.size.width)]"), ("names", Self.dictionary(classNames)),
      ("channels", String(settings.channels)), ("args", settings.form == .detections ? "{'nms': True}" : "{}"),
    ]
    var own = own
    own["version"] = Release.version
    own["model"] = name
    own["form"] = settings.form.rawValue
    own["names"] = try Self.text(classNames)
    own["input"] = try Self.text(InputFacts(settings))
    own["preprocess"] = try Self.text(PreprocessFacts())
    if settings.form == .detections {
      own["conf"] = "\(settings.confidence)"
      own["iou"] = "\(settings.overlap)"
      own["max_det"] = String(settings.largestCount)
    }
    return common.map { ONNXModel.Note(key: $0, value: $1) }
      + own.sorted { $0.key < $1.key }.map { ONNXModel.Note(key: "feeder." + $0.key, value: $0.value) }
  }

  private static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The names by number as a literal of Python, which readers of Ultralytics' files evaluate.
  static func dictionary(_ names: [String]) -> String {
    let items = names.enumerated().map { number, name in
      let quoted = name.unicodeScalars.map { scalar in
        switch scalar {
        case "'", "\\": "\\\(scalar)"
        case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
          "\\x" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
        default: String(scalar)
        }
      }
      return "\(number): '\(quoted.joined())'"
    }
    return "{" + items.joined(separator: ", ") + "}"
  }
}

/// The numbers that the input takes.
struct InputFacts: Encodable {
  let name = ModelExport.inputName
  let type: String
  let range: [Int]
  let layout = "NCHW"
  let channels: Int
  let order: String
  let width: Int
  let height: Int

  init(_ settings: ExportSettings) {
    type = settings.input == .float ? "float32" : "uint8"
    range = settings.input == .float ? [0, 1] : [0, 255]
    channels = settings.channels
    order = settings.channels == 1 ? "grey" : "RGB"
    (width, height) = (settings.size.width, settings.size.height)
  }
}

/// The way from an image to the input.
struct PreprocessFacts: Encodable {
  let fit = "letterbox"
  let enlarges = true
  let centred = true
  let padding = padValue
  let interpolation = "bilinear, half-pixel centres, no antialiasing"
}
