/// The rule that computes average precision. On the same detections the rules differ by up to a few thousandths.
package enum AccuracyRule: String, CaseIterable, Sendable {
  /// The rule of YOLO tools.
  case yolo
  /// The rule of pycocotools.
  case coco
}
