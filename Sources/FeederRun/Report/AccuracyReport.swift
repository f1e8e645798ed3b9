import FeederMetrics
import FeederReporting
import Foundation

/// Accuracy as `feeder val` and `feeder score` print it: lines for people and JSON.
package struct AccuracyReport: Encodable {
  private let accuracy: Accuracy
  private let rule: AccuracyRule
  private let bound: DetectionBound?
  /// The COCO rule's results: with the YOLO rule's limit of detections per image, then with pycocotools' own.
  private let coco: [COCOAccuracy]
  private let factory: FactoryReport?
  private let falseCalls: FalseCalls?
  /// The category_id of class 0 in the scored predictions; nil if they are not from a file.
  package var categoriesFrom: Int?

  /// Detections on a split without any box.
  private struct FalseCalls: Encodable {
    let confidence = ConfusionMatrix.confidence
    let count: Int
    let imageCount: Int

    init(_ results: [ImageResult]) {
      let counts = results.map { $0.detections.count { $0.score >= ConfusionMatrix.confidence } }
      count = counts.reduce(0, +)
      imageCount = counts.count { $0 > 0 }
    }
  }

  /// The report of a training run, by the YOLO rule.
  init(_ accuracy: Accuracy) {
    self.accuracy = accuracy
    (rule, bound, coco, factory, falseCalls) = (.yolo, nil, [], nil, nil)
  }

  /// The report on `results` by both rules. The table shows `rule`.
  package init(
    _ results: [ImageResult], classNames: [String], rule: AccuracyRule, bound: DetectionBound, factory: FactoryReport?
  ) {
    accuracy = Accuracy(results: results, classNames: classNames, maxDetections: bound.count)
    coco = [bound.count, COCOAccuracy.ownBound].map {
      COCOAccuracy(results: results, classCount: classNames.count, maxDetections: $0)
    }
    self.rule = rule
    self.bound = bound
    self.factory = factory
    falseCalls = accuracy.boxCount == 0 ? FalseCalls(results) : nil
  }

  private enum Keys: String, CodingKey {
    case map50
    case map5095 = "map50_95"
    case map5095Small = "map50_95_small"
    case map5095Medium = "map50_95_medium"
    case map5095Large = "map50_95_large"
    case imageCount = "image_count"
    case boxCount = "box_count"
    case classes
    case factory
    case rule
    case maxDetections = "max_detections"
    case yolo
    case coco
    case cocoAt100 = "coco_at_100"
    case falseCalls = "false_calls"
    case categoriesFrom = "categories_from"
  }

  private enum ClassKeys: String, CodingKey {
    case name
    case ap50
    case ap5095 = "ap50_95"
    case precision
    case recall
  }

  /// Writes all documented keys. An undefined value, such as one of a class without boxes, is null. Throws what
  /// `encoder` throws.
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Keys.self)
    try fields.encode(accuracy.map50, forKey: .map50)
    try fields.encode(accuracy.map50_95, forKey: .map5095)
    try fields.encode(accuracy.map50_95Small, forKey: .map5095Small)
    try fields.encode(accuracy.map50_95Medium, forKey: .map5095Medium)
    try fields.encode(accuracy.imageCount, forKey: .imageCount)
    try fields.encode(accuracy.boxCount, forKey: .boxCount)
    try fields.encodeIfPresent(factory, forKey: .factory)
    try fields.encodeIfPresent(falseCalls, forKey: .falseCalls)
    try fields.encodeIfPresent(categoriesFrom, forKey: .categoriesFrom)
    if let bound {
      try fields.encode(rule.rawValue, forKey: .rule)
      var yolo = fields.nestedContainer(keyedBy: Keys.self, forKey: .yolo)
      try yolo.encode(accuracy.map50, forKey: .map50)
      try yolo.encode(accuracy.map50_95, forKey: .map5095)
      try yolo.encode(bound.count, forKey: .maxDetections)
      for (values, key) in zip(coco, [Keys.coco, .cocoAt100]) {
        var item = fields.nestedContainer(keyedBy: Keys.self, forKey: key)
        try item.encode(values.map50, forKey: .map50)
        try item.encode(values.map50_95, forKey: .map5095)
        try item.encode(values.map50_95Small, forKey: .map5095Small)
        try item.encode(values.map50_95Medium, forKey: .map5095Medium)
        try item.encode(values.map50_95Large, forKey: .map5095Large)
        try item.encode(values.maxDetections, forKey: .maxDetections)
      }
    }
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

  /// The table, with the lines about false calls and boards.
  package var lines: [String] {
    var lines = table
    if rule == .coco, let bound {
      lines.append(
        "mAP50 and mAP50-95 by the COCO rule, at most \(bound.count) detections per image and class; P and R by the YOLO rule"
      )
    }
    if let falseCalls {
      lines.append(
        "no boxes in this split, so false calls only: \(falseCalls.count) detections at confidence "
          + "\(falseCalls.confidence) or more, on \(falseCalls.imageCount) of \(accuracy.imageCount) images")
    }
    return lines + (factory?.lines ?? [])
  }

  /// The lines of the table: the head, all classes together, and each class with boxes if there are several classes.
  var table: [String] {
    let own = rule == .coco ? coco.first : nil
    var lines = [Self.line("Class", ["Images", "Instances", "P", "R", "mAP50", "mAP50-95"])]
    lines.append(
      Self.line(
        "all",
        ["\(accuracy.imageCount)", "\(accuracy.boxCount)"]
          + Self.numbers(
            accuracy.precision, accuracy.recall, own.map(\.map50) ?? accuracy.map50,
            own.map(\.map50_95) ?? accuracy.map50_95)))
    guard accuracy.classes.count > 1 else { return lines }
    for (index, value) in accuracy.classes.enumerated() where value.boxCount > 0 {
      let values = own?.classes[index]
      lines.append(
        Self.line(
          value.name,
          ["\(value.imageCount)", "\(value.boxCount)"]
            + Self.numbers(
              value.precision, value.recall, values.map(\.ap50) ?? value.ap50, values.map(\.ap50_95) ?? value.ap50_95)))
    }
    return lines
  }

  private static func numbers(_ values: Double?...) -> [String] {
    values.map { $0.map { String(format: "%.3f", $0) } ?? "-" }
  }

  /// A name in 22 columns and values in 11 columns each, aligned right, as YOLO tools print them.
  private static func line(_ name: String, _ values: [String]) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(width - text.columns, 0)) + text
    }
    return padded(name, 22) + values.map { padded($0, 11) }.joined()
  }
}
