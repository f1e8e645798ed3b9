import FeederMetrics
import Foundation

/// Accuracy as `feeder val` and `feeder score` give it: lines for people, and one JSON document.
struct AccuracyReport: Encodable {
  private let accuracy: Accuracy
  private let factory: FactoryReport?

  init(_ accuracy: Accuracy, factory: FactoryReport? = nil) {
    self.accuracy = accuracy
    self.factory = factory
  }

  private enum Keys: String, CodingKey {
    case map50
    case map5095 = "map50_95"
    case map5095Small = "map50_95_small"
    case map5095Medium = "map50_95_medium"
    case imageCount = "image_count"
    case boxCount = "box_count"
    case classes
    case factory
  }

  private enum ClassKeys: String, CodingKey {
    case name
    case ap50
    case ap5095 = "ap50_95"
    case precision
    case recall
  }

  /// Writes the keys of the contract; a value that is not defined (no box of that class or size) is null, never left out.
  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Keys.self)
    try fields.encode(accuracy.map50, forKey: .map50)
    try fields.encode(accuracy.map50_95, forKey: .map5095)
    try fields.encode(accuracy.map50_95Small, forKey: .map5095Small)
    try fields.encode(accuracy.map50_95Medium, forKey: .map5095Medium)
    try fields.encode(accuracy.imageCount, forKey: .imageCount)
    try fields.encode(accuracy.boxCount, forKey: .boxCount)
    try fields.encodeIfPresent(factory, forKey: .factory)
    var classes = fields.nestedUnkeyedContainer(forKey: .classes)
    for value in accuracy.classes {
      var item = classes.nestedContainer(keyedBy: ClassKeys.self)
      try item.encode(value.name, forKey: .name)
      try item.encode(value.ap50, forKey: .ap50)
      try item.encode(value.ap50_95, forKey: .ap5095)
      try item.encode(value.precision, forKey: .precision)
      try item.encode(value.recall, forKey: .recall)
    }
  }

  /// The lines of the table: a head, all classes together, and each class that has boxes where there are several classes.
  var table: [String] {
    var lines = [Self.line("Class", ["Images", "Instances", "P", "R", "mAP50", "mAP50-95"])]
    lines.append(
      Self.line(
        "all",
        ["\(accuracy.imageCount)", "\(accuracy.boxCount)"]
          + Self.numbers(accuracy.precision, accuracy.recall, accuracy.map50, accuracy.map50_95)))
    guard accuracy.classes.count > 1 else { return lines }
    for value in accuracy.classes where value.boxCount > 0 {
      lines.append(
        Self.line(
          value.name,
          ["\(value.imageCount)", "\(value.boxCount)"]
            + Self.numbers(value.precision, value.recall, value.ap50, value.ap50_95)))
    }
    return lines
  }

  /// The table, and what `--factory` adds.
  var lines: [String] { table + (factory?.lines ?? []) }

  private static func numbers(_ values: Double?...) -> [String] {
    values.map { $0.map { String(format: "%.3f", $0) } ?? "-" }
  }

  /// A name of 22 columns and values of 11, flush right, the widths that users of YOLO tools know.
  private static func line(_ name: String, _ values: [String]) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(width - text.count, 0)) + text
    }
    return padded(name, 22) + values.map { padded($0, 11) }.joined()
  }
}
