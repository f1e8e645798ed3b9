import FeederDetection
import FeederTorch

/// Finds the layer whose numbers leave the range of their format.
struct OverflowSearch: Error, Equatable {
  /// The published name of a layer and the tensor that overflows, such as "the output of model.9.cv2.conv"; nil if none
  /// does.
  let place: String?

  /// Searches one batch: first the convolutions' outputs, in forward order, for one that is not finite, then the
  /// gradients, in backward order. Afterwards the step's gradients and statistics are as before.
  static func place(in step: TrainingStep, _ images: Tensor, _ targets: [TargetBox]) throws -> String? {
    do {
      return try step.undo { _ in
        // An error, so that the step restores gradients and statistics.
        throw OverflowSearch(place: try search(step, images, targets))
      }
    } catch let found as OverflowSearch {
      return found.place
    }
  }

  private static func search(_ step: TrainingStep, _ images: Tensor, _ targets: [TargetBox]) throws -> String? {
    var layer: String?
    let value = try step.model.observing({ name, output in
      if layer == nil, try !isFinite(output) { layer = name }
    }) {
      try step.forward(images, targets)
    }
    if let layer { return "the output of \(layer)" }
    try step.backward(value.total)
    let learned = step.model.state.filter(\.kind.isLearned)
    let bad = try learned.last { entry in try entry.tensor.gradient().map { try !isFinite($0) } ?? false }
    return bad.map { "the gradient of \($0.name)" }
  }

  /// True if every element is finite.
  static func isFinite(_ tensor: Tensor) throws -> Bool { try withoutGradients { try tensor.detach().allFinite() } }
}
