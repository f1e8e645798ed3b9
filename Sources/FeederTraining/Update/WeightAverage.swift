import FeederDetection
import FeederTorch
import Foundation

/// The exponential moving average (EMA) of a model's weights, which is validated and saved (Tarvainen and Valpola,
/// 2017).
///
/// After update n it keeps the share d = 0.9999 (1 - exp(-n / 2000)) of itself, so it follows quickly at the start.
package final class WeightAverage {
  private static let decay = 0.9999
  private static let timeConstant = 2000.0

  /// Updates so far.
  package var updateCount = 0
  private let averages: [Tensor]
  private let sources: [Tensor]

  /// An EMA in the entries of `average` that follows the entries of `model`, which has the same layout. Starts as a
  /// copy of the model. Integer entries keep their start value. Throws `EngineError`.
  package init(_ average: [StateEntry], of model: [StateEntry]) throws {
    precondition(average.map(\.name) == model.map(\.name), "an average follows a model of the same layout")
    try withoutGradients {
      for (mine, theirs) in zip(average, model) { try mine.tensor.copy(from: theirs.tensor) }
    }
    let pairs = zip(average, model).filter { $0.0.kind.isLearned || $0.0.kind == .runningStatistic }
    averages = pairs.map(\.0.tensor)
    sources = pairs.map(\.1.tensor)
  }

  /// Moves the EMA towards the model. Throws `EngineError`.
  package func update() throws {
    updateCount += 1
    try withoutGradients {
      try Foreach.lerp(averages, towards: sources, weight: 1 - Self.decay(after: updateCount))
    }
  }

  /// The share of itself that the EMA keeps in update `count`.
  package static func decay(after count: Int) -> Double { decay * (1 - exp(-Double(count) / timeConstant)) }
}
