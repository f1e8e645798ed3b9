import ArgumentParser
import FeederCore
import FeederDetection
import FeederExport
import FeederMetrics
import FeederWeights

/// The flags that say what an exported file takes and gives.
struct ExportOptions: ParsableArguments {
  @Option(
    help: """
      What the file gives: decoded (output0, boxes and probabilities of every anchor, as in Ultralytics' files), detections (rows \
      after suppression) or raw (logits per level, for tool chains of NPUs).
      """)
  var form = ExportSettings.Form.decoded
  @Option(help: "What the file takes: float (0 to 1) or uint8 (0 to 255; the file divides).")
  var input = ExportSettings.Input.float
  @Option(help: "Channels that the file takes: 3, or 1 for grey images.")
  var channels = 3
  @Option(
    help: "Pixels per side, or HEIGHTxWIDTH. (default: what the weights were trained on, else 640)")
  var imageSize: String?
  @Option(name: .customLong("batch"), help: "Images per run. (default: 1)")
  var givenBatch: Int?
  @Flag(help: "Let every run choose its number of images; sides stay fixed.")
  var dynamicBatch = false
  @Option(help: "Only detections with more confidence count: in the form detections, and in the example.")
  var conf: Float = 0.25
  @Option(help: "Of two boxes of one class that overlap more than this, the one with less confidence is dropped.")
  var iou: Float = 0.7
  @Option(help: "Detections per image: the rows of the form detections.")
  var maxDet = DetectionBound.standard

  func validate() throws {
    if channels != 1, channels != 3 { throw ValidationError("--channels \(channels): give 1 or 3") }
    _ = try size()
    if let batch = givenBatch {
      if !(1...4096).contains(batch) { throw ValidationError("--batch \(batch): give 1 to 4096 images") }
      if dynamicBatch { throw ValidationError("--batch and --dynamic-batch exclude each other; give one") }
    }
    if form == .detections, givenBatch ?? 1 > 1 || dynamicBatch {
      throw ValidationError(
        "--form detections: takes one image per run; leave out --batch and --dynamic-batch, or give --form decoded")
    }
    try NonMaximumSuppression.confidences.validate(conf, "conf")
    try NonMaximumSuppression.overlaps.validate(iou, "iou")
    try DetectionBound.counts.validate(maxDet, "max_det")
  }

  /// What the flags say, for weights from `file`.
  func settings(_ file: WeightsFile) throws -> ExportSettings {
    var settings = ExportSettings()
    (settings.form, settings.input, settings.channels) = (form, input, channels)
    settings.size = try size() ?? PixelSize(side: ModelOptions.trainedSize(file) ?? ModelOptions.standardSize)
    settings.batch = dynamicBatch ? nil : givenBatch ?? 1
    (settings.confidence, settings.overlap, settings.largestCount) = (conf, iou, maxDet)
    return settings
  }

  /// `640` or, height first as in Ultralytics' imgsz, `640x1280`; nil if nothing was given.
  private func size() throws -> PixelSize? {
    guard let imageSize else { return nil }
    let sides = imageSize.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(sides.count), case let height?? = sides.first, case let width?? = sides.last,
      ModelDesign.takes(side: height), ModelDesign.takes(side: width)
    else {
      throw ValidationError("--image-size \(imageSize): give one side or HEIGHTxWIDTH, each \(ModelDesign.sides)")
    }
    return PixelSize(width: width, height: height)
  }
}

extension ExportSettings.Form: ExpressibleByArgument {}
extension ExportSettings.Input: ExpressibleByArgument {}
