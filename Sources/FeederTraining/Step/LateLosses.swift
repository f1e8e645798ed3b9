import FeederTorch

/// The losses of the latest step, read when the next one is on its way: the device never waits for the host to look.
///
/// What is found out late is a step that must not count: the run then stops, and whoever writes a checkpoint takes the latest
/// losses first, so that no weights are written that came of a loss or gradient without a value.
struct LateLosses {
  /// What else is told of a step.
  struct Step {
    let epoch: Int
    /// Place in the epoch, from 0.
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

  /// Starts to read a step's three `losses`, and the norm of the gradients where it ended in an update. The step before must
  /// have been taken.
  mutating func note(_ step: Step, losses: Tensor, gradientNorm: Tensor?) throws {
    precondition(waiting == nil, "the losses of a step are taken before those of the next are noted")
    waiting = Waiting(
      step: step, losses: try LateNumbers(losses), gradientNorm: try gradientNorm.map(LateNumbers.init))
  }

  /// The latest step and its losses, once; nil if there is none. Throws `TrainingError.diverged` if a loss or the gradients that moved
  /// the weights have no value. Losses that could not be taken wait for the next call: of two threads that ask, both learn of a failure.
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
