import FeederTorch

/// The losses of the last step, read while the next one runs, so that the device never waits for the host.
///
/// A step that must not count is therefore detected late. The run then stops. Every save first reads the losses, so
/// that no weights are written after a loss or gradient that is not finite.
struct LateLosses {
  /// The other facts about a step.
  struct Step {
    let epoch: Int
    /// Batch index in the epoch.
    let batch: Int
    let imageCount: Int
    let boxCount: Int
  }

  private struct Waiting {
    let step: Step
    let losses: LateNumbers
    let gradientNorm: LateNumbers?
  }

  private var waiting: Waiting?

  /// Starts to read the `losses` [3] of a step, and the norm of the gradients if the step ended in an update. The
  /// losses of the step before must have been taken.
  mutating func note(_ step: Step, losses: Tensor, gradientNorm: Tensor?) throws {
    precondition(waiting == nil, "the losses of a step are taken before the next step's are noted")
    waiting = Waiting(
      step: step, losses: try LateNumbers(losses), gradientNorm: try gradientNorm.map(LateNumbers.init))
  }

  /// Returns the last step and its losses, once; nil if there is none. Throws `TrainingError.diverged` if a loss or the
  /// gradient norm is not finite. After an error the losses stay for the next call, so both of two threads that ask see
  /// the failure.
  mutating func take() throws -> (step: Step, losses: [Float])? {
    guard let waiting else { return nil }
    let losses = try waiting.losses.array()
    let norm = try waiting.gradientNorm?.array() ?? []
    guard (losses + norm).allSatisfy(\.isFinite) else {
      throw TrainingError.diverged(epoch: waiting.step.epoch, step: waiting.step.batch)
    }
    self.waiting = nil
    return (waiting.step, losses)
  }
}
