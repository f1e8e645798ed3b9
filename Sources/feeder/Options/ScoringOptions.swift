import ArgumentParser
import FeederMetrics
import FeederRun

/// The flag of every command that limits the detections per image.
struct DetectionOptions: ParsableArguments {
  @Option(
    help:
      "Detections per image that count, by falling score. (default: the larger of 300 and the most boxes on one image)"
  )
  var maxDetections: Int?

  func validate() throws {
    try DetectionBound.counts.validate(maxDetections, "max_detections")
  }
}

/// The flags of the commands that print accuracy.
struct ScoringOptions: ParsableArguments {
  @Option(
    help: """
      The rule of mAP50 and mAP50-95 in the table: yolo, as YOLO tools compute them, or coco, as pycocotools does. \
      --json holds both.
      """)
  var rule = AccuracyRule.yolo
  @OptionGroup var detections: DetectionOptions
  @OptionGroup var factory: FactoryOptions

  /// The part of these commands' help that explains both rules.
  static let discussion = """
    mAP50 and mAP50-95 follow the YOLO rule unless --rule coco is given. The YOLO rule reads the precision curve linearly between \
    recalls and keeps the best detections per image over all classes; the COCO rule (pycocotools) reads it in steps and keeps the \
    best per class. On the same detections the two differ by some thousandths (perfect boxes have 0.995 and 1), and by more if \
    --max-detections cuts. --json holds both.
    """

  /// The bound for results whose number of boxes is known.
  func bound(_ results: [ImageResult], inTiles: Bool = false) -> DetectionBound {
    DetectionBound(given: detections.maxDetections, results, inTiles: inTiles)
  }

  /// The report on `results`. Throws as `FactoryOptions.report` does.
  func report(_ results: [ImageResult], classNames: [String], inTiles: Bool = false) throws -> AccuracyReport {
    try AccuracyReport(
      results, classNames: classNames, rule: rule, bound: bound(results, inTiles: inTiles),
      factory: factory.report(results, classNames: classNames))
  }
}

extension AccuracyRule: ExpressibleByArgument {}
