import FeederDetection
import FeederTorch

/// Makes a batch count whole or not at all: where it fails half-way, gradients and running statistics are as they were before.
final class StepUndo {
  private let learned: [Tensor]
  private let statistics: [Tensor]
  private let copies: [Tensor]

  /// Guards the tensors of `state`.
  init(_ state: [StateEntry]) throws {
    learned = state.filter(\.kind.isLearned).map(\.tensor)
    statistics = state.filter { $0.kind == .runningStatistic || $0.kind == .counter }.map(\.tensor)
    copies = try statistics.map { try $0.zerosLike() }
  }

  /// Runs `body` with no gradients in the leaves, then adds those that waited there: the same sums as adding to them at once.
  func callAsFunction<R>(_ body: (_ learned: [Tensor]) throws -> R) throws -> R {
    try withoutGradients { try Foreach.copy(copies, from: statistics) }
    let waiting = try learned.map { try $0.gradient() }
    for tensor in learned { try tensor.clearGradient() }
    do {
      let result = try body(learned)
      try add(waiting)
      return result
    } catch {
      for (tensor, gradient) in zip(learned, waiting) { try tensor.setGradient(gradient) }
      try withoutGradients { try Foreach.copy(statistics, from: copies) }
      throw error
    }
  }

  private func add(_ waiting: [Tensor?]) throws {
    var sums: [Tensor] = []
    var summands: [Tensor] = []
    for (tensor, gradient) in zip(learned, waiting) {
      guard let gradient else { continue }
      guard let now = try tensor.gradient() else {
        try tensor.setGradient(gradient)
        continue
      }
      sums.append(now)
      summands.append(gradient)
    }
    if !sums.isEmpty { try withoutGradients { try Foreach.add(sums, summands) } }
  }
}
