import FeederCore
import FeederMetrics
import FeederFixtures
import Testing

@Suite("Average precision equals the reference on its own predictions")
struct AveragePrecisionParityTests {
  @Test(
    "Matches, average precision, F1 and COCO's summary agree with the reference",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)))
  func reference() throws {
    let fixture = try Fixture("g_ap")
    let results = try Self.results(fixture)
    try checkRule("v84", .v84, fixture, results)
    try checkRule("classic", .classic, fixture, results)
    try checkCOCOClasses(fixture, results)
    try checkCOCOSummary(fixture, results)
    try fixture.noteChecked()
  }

  /// Tolerance of averages: sums of doubles in another order differ only in the last digits.
  private static let tolerance = 1e-6

  private func checkRule(_ prefix: String, _ rule: MatchingRule, _ fixture: Fixture, _ results: [ImageResult]) throws {
    let hits = results.map { Matching.hits(in: $0, rule: rule) }
    var next = [Int](repeating: 0, count: results.count)
    var bits: [Int] = []
    for image in try fixture.ints("det.image") {
      let hit = hits[image][next[image]]
      next[image] += 1
      bits += Matching.thresholds.indices.map { Int(hit >> UInt16($0) & 1) }
    }
    #expect(try bits == fixture.ints("\(prefix).tp"))
    let curves = AccuracyCurves(results: results, rule: rule)
    let best = curves.bestIndex
    #expect(try curves.classes.map(\.classID) == fixture.ints("\(prefix).classes"))
    try expect(curves.classes.flatMap(\.averagePrecision), equals: "\(prefix).ap", fixture)
    try expect(curves.classes.map { $0.averagePrecision[0] }, equals: "\(prefix).ap50", fixture)
    try expect(curves.classes.map(\.meanAveragePrecision), equals: "\(prefix).ap50_95", fixture)
    let count = Double(curves.classes.count)
    try expect([curves.classes.map { $0.averagePrecision[0] }.reduce(0, +) / count], equals: "\(prefix).map50", fixture)
    try expect([curves.classes.map(\.meanAveragePrecision).reduce(0, +) / count], equals: "\(prefix).map50_95", fixture)
    try expect(curves.classes.map { $0.precision[best] }, equals: "\(prefix).p", fixture)
    try expect(curves.classes.map { $0.recall[best] }, equals: "\(prefix).r", fixture)
    try expect(curves.classes.map { $0.f1[best] }, equals: "\(prefix).f1", fixture)
    if rule == .v84 {
      let summary = Accuracy(results: results, classNames: (0..<(try Self.classCount(fixture))).map { "class \($0)" })
      try expect([summary.map50 ?? -1], equals: "v84.map50", fixture)
      try expect([summary.map50_95 ?? -1], equals: "v84.map50_95", fixture)
    }
  }

  private func checkCOCOClasses(_ fixture: Fixture, _ results: [ImageResult]) throws {
    let classCount = try Self.classCount(fixture)
    func values(_ size: SizeRange) -> [COCOEvaluation.ClassValues?] {
      COCOEvaluation(results: results, classCount: classCount, size: size, maxDetections: 100).classes
    }
    func means(_ size: SizeRange) -> [Double] {
      values(size).map { $0.map { $0.averagePrecision.reduce(0, +) / 10 } ?? -1 }
    }
    try expect(means(.all), equals: "coco.ap50_95", fixture)
    try expect(values(.all).map { $0?.averagePrecision[0] ?? -1 }, equals: "coco.ap50", fixture)
    try expect(means(.small), equals: "coco.ap50_95_small", fixture)
    try expect(means(.medium), equals: "coco.ap50_95_medium", fixture)
    try expect(means(.large), equals: "coco.ap50_95_large", fixture)
    let all = values(.all)
    let recall = Matching.thresholds.indices.flatMap { t in all.map { $0?.recall[t] ?? -1 } }
    try expect(recall, equals: "coco.recall", fixture)
  }

  private func checkCOCOSummary(_ fixture: Fixture, _ results: [ImageResult]) throws {
    let classCount = try Self.classCount(fixture)
    func evaluation(_ size: SizeRange, _ maxDetections: Int) -> COCOEvaluation {
      COCOEvaluation(results: results, classCount: classCount, size: size, maxDetections: maxDetections)
    }
    let all = evaluation(.all, 100)
    let bySize = [SizeRange.small, .medium, .large].map { evaluation($0, 100) }
    let precision = [
      all.meanAveragePrecision, all.meanAveragePrecision(threshold: 0), all.meanAveragePrecision(threshold: 5),
    ]
    let recall = [evaluation(.all, 1).meanRecall, evaluation(.all, 10).meanRecall, all.meanRecall]
    let stats = precision + bySize.map(\.meanAveragePrecision) + recall + bySize.map(\.meanRecall)
    try expect(stats.map { $0 ?? -1 }, equals: "coco.stats", fixture)
  }

  private func expect(_ values: [Double], equals name: String, _ fixture: Fixture) throws {
    let reference = try fixture.doubles(name)
    #expect(values.count == reference.count, "\(name)")
    for (index, (value, wanted)) in zip(values, reference).enumerated() {
      #expect(abs(value - wanted) <= Self.tolerance, "\(name)[\(index)]: \(value), reference \(wanted)")
    }
  }

  /// Classes of the data set, including those without labels.
  private static func classCount(_ fixture: Fixture) throws -> Int { try fixture.shape("coco.ap50")[0] }

  /// One result per image. Images and boxes have the order of the file.
  private static func results(_ fixture: Fixture) throws -> [ImageResult] {
    let imageCount = try fixture.ints("images")[0]
    var results = (0..<imageCount).map { ImageResult(imageID: "\($0)", detections: [], truths: []) }
    let (images, classes) = (try fixture.ints("det.image"), try fixture.ints("det.cls"))
    let scores = try fixture.doubles("det.conf")
    for (index, box) in boxes(try fixture.doubles("det.boxes")).enumerated() {
      results[images[index]].detections.append(Detection(box: box, classID: classes[index], score: scores[index]))
    }
    let (truthImages, truthClasses) = (try fixture.ints("gt.image"), try fixture.ints("gt.cls"))
    for (index, box) in boxes(try fixture.doubles("gt.boxes")).enumerated() {
      results[truthImages[index]].truths.append(GroundTruth(box: box, classID: truthClasses[index]))
    }
    return results
  }

  private static func boxes(_ values: [Double]) -> [Box] {
    stride(from: 0, to: values.count, by: 4).map {
      Box(x1: values[$0], y1: values[$0 + 1], x2: values[$0 + 2], y2: values[$0 + 3])
    }
  }
}
