/// How average precision is computed. The rules differ by up to some thousandths on the same detections.
package enum AccuracyRule: String, CaseIterable, Sendable {
  /// As YOLO tools compute it.
  case yolo
  /// As pycocotools computes it.
  case coco
}
