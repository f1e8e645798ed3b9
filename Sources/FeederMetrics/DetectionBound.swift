import FeederCore

/// The most detections of an image that count, by falling score. A perfect detector must be able to reach recall 1, so the bound
/// follows the data unless the user gives a number.
package struct DetectionBound: Sendable, Equatable {
  /// The bound if no image has more boxes: training tools keep as many detections per image after suppression.
  package static let standard = 300

  /// The values of a bound that a user gives.
  package static let counts = SettingKind<Int>.range(1...100_000, "detections")

  /// The source of the bound.
  private enum Reason { case standard, given, boxes }

  /// Detections per image.
  package let count: Int
  private let reason: Reason

  /// A bound of `given` if the user gave a number, else the larger of `standard` and `mostBoxes`, the most boxes on one
  /// image.
  package init(given: Int?, mostBoxes: Int) {
    if let given {
      (count, reason) = (given, .given)
    } else {
      (count, reason) = mostBoxes > Self.standard ? (mostBoxes, .boxes) : (Self.standard, .standard)
    }
  }

  /// A bound for results, which contain the boxes. Results of boards in tiles (`inTiles`) keep all detections.
  package init(given: Int?, _ results: [ImageResult], inTiles: Bool = false) {
    let boxes = results.lazy.map(\.truths.count).max() ?? 0
    let found = inTiles ? results.lazy.map(\.detections.count).max() ?? 0 : 0
    self.init(given: given, mostBoxes: max(boxes, found))
  }

  /// A line about a bound other than `standard`; nil for `standard`.
  package var line: SettingLine? {
    guard count != Self.standard else { return nil }
    let cause: SettingLine =
      reason == .given ? "\(setting: "max_detections")" : "an image of the data has as many boxes"
    let sizes = count > Self.standard ? "; accuracy by size keeps \(Self.standard) per image and class" : ""
    return "at most \(count) detections per image count (\(cause))\(sizes)"
  }

  /// A line about `imageCount` images with more detections than count, or with at least as many if not `isExact`. Nil
  /// for no image.
  package func line(cutting imageCount: Int, isExact: Bool) -> SettingLine? {
    guard imageCount > 0 else { return nil }
    let images = imageCount == 1 ? "1 image has" : "\(imageCount) images have"
    return isExact
      ? "\(images) more than \(count) detections; the best \(count) of an image count (\(setting: "max_detections"))"
      : "\(images) \(count) detections, the most that are kept (\(setting: "max_detections"))"
  }
}
