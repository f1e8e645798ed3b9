import FeederCore
import FeederImaging
import Foundation

/// The map from a rotated, sheared or perspective canvas to the output, flips included.
///
/// The steps, in the order that YOLO trainers share: the canvas's centre moves to 0, then perspective, rotation with
/// gain, shear, and the shift. Angles are counterclockwise from the x axis.
struct CanvasTurn: Sendable, Equatable {
  /// Maps canvas points to output points, in pixels.
  let toOutput: Homography
  /// The inverse map.
  let toCanvas: Homography

  /// Nil if the plan turns nothing; then the axis-aligned map is exact and faster.
  init?(_ plan: AugmentationPlan, side: Double, outputSide: Double) {
    guard plan.isTurned else { return nil }
    let (sine, cosine) = (sin(plan.angle), cos(plan.angle))
    let perspective = Homography(
      x: SIMD3(1, 0, 0), y: SIMD3(0, 1, 0), w: SIMD3(plan.perspectiveX, plan.perspectiveY, 1))
    let rotation = Homography(
      x: SIMD3(plan.gain * cosine, plan.gain * sine, 0), y: SIMD3(-plan.gain * sine, plan.gain * cosine, 0))
    let shear = Homography(x: SIMD3(1, tan(plan.shearX), 0), y: SIMD3(tan(plan.shearY), 1, 0))
    let flip = Homography.axes(
      scaleX: plan.flips ? -1 : 1, scaleY: plan.flipsUp ? -1 : 1, shiftX: plan.flips ? outputSide : 0,
      shiftY: plan.flipsUp ? outputSide : 0)
    let toOutput =
      flip * .axes(shiftX: plan.shiftX, shiftY: plan.shiftY) * shear * rotation * perspective
      * .axes(shiftX: -side / 2, shiftY: -side / 2)
    guard let back = toOutput.inverse else { preconditionFailure("no setting within its range folds the canvas") }
    self.toOutput = toOutput
    toCanvas = back
  }

  /// The box around the four corners of a canvas box, on the output. Nil if a corner is beyond the horizon.
  func around(_ box: Box) -> Box? {
    let corners = (
      toOutput(box.x1, box.y1), toOutput(box.x2, box.y1), toOutput(box.x1, box.y2), toOutput(box.x2, box.y2)
    )
    guard min(corners.0.w, corners.1.w, corners.2.w, corners.3.w) > 0.01 else { return nil }
    return Box(
      x1: min(corners.0.x, corners.1.x, corners.2.x, corners.3.x),
      y1: min(corners.0.y, corners.1.y, corners.2.y, corners.3.y),
      x2: max(corners.0.x, corners.1.x, corners.2.x, corners.3.x),
      y2: max(corners.0.y, corners.1.y, corners.2.y, corners.3.y))
  }
}

extension TrainingCanvas {
  /// For a turned canvas: the map from output pixels to the stored pixels of `image`, and the part of the stored pixels
  /// that is inside the canvas.
  func turnedMap(of image: CanvasImage, _ turn: CanvasTurn, stored: PixelSize) -> (map: Homography, part: Box) {
    let frame = image.frame
    let scaleX = Double(stored.width) / frame.width
    let scaleY = Double(stored.height) / frame.height
    let toStored = Homography.axes(
      scaleX: scaleX, scaleY: scaleY, shiftX: -image.left * scaleX, shiftY: -image.top * scaleY)
    let part = Box(
      x1: (max(frame.x1, 0) - image.left) * scaleX, y1: (max(frame.y1, 0) - image.top) * scaleY,
      x2: (min(frame.x2, side) - image.left) * scaleX, y2: (min(frame.y2, side) - image.top) * scaleY)
    return (toStored * turn.toCanvas, part)
  }
}
