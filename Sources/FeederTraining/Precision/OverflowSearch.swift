import FeederDetection
import FeederTorch

/// Which layer leaves the range of its number format.
struct OverflowSearch: Error, Equatable {
  /// The published name of a layer and what of it overflows, as in "the output of model.9.cv2.conv"; nil where nothing does.
  let place: String?

  /// Looks for it in one batch: the first convolution whose output has no value, else, in the order of the backward pass, the first
  /// tensor whose gradient has none. The step's gradients and statistics are as before afterwards.
  static func place(in step: TrainingStep, _ images: Tensor, _ targets: [TargetBox]) throws -> String? {
    do {
      return try step.undo { _ in
        // Thrown, so that the step undoes what the search did.
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

  /// True where every element is a number.
  static func isFinite(_ tensor: Tensor) throws -> Bool { try withoutGradients { try tensor.detach().allFinite() } }
}
