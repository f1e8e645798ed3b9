import FeederDetection
import FeederTorch

/// Undoes a batch that fails: gradients and running statistics return to their values from before the batch.
final class StepUndo {
  private let entries: [StateEntry]
  private let learned: [Tensor]
  private let statistics: [Tensor]
  private let copies: [Tensor]
  /// Gradients of earlier batches while a batch runs; nil between batches.
  private var waiting: [Tensor?]?

  /// Protects the tensors of `state`. Throws `EngineError`.
  init(_ state: [StateEntry]) throws {
    entries = state.filter { $0.kind != .fixed }
    learned = entries.filter(\.kind.isLearned).map(\.tensor)
    statistics = entries.filter { !$0.kind.isLearned }.map(\.tensor)
    copies = try statistics.map { try $0.zerosLike() }
  }

  /// Weights, gradients and running statistics as of the last complete batch. Safe to read during the next one: they
  /// are copies, or tensors that a batch does not change.
  func settled() throws -> [(entry: StateEntry, tensor: Tensor, gradient: Tensor?)] {
    var statistics = (waiting == nil ? statistics : copies).makeIterator()
    var gradients = try (waiting ?? learned.map { try $0.gradient() }).makeIterator()
    return entries.map { entry in
      entry.kind.isLearned
        ? (entry, entry.tensor, gradients.next() ?? nil) : (entry, statistics.next() ?? entry.tensor, nil)
    }
  }

  /// Runs `body` with no gradients in the learned tensors, then adds the earlier gradients. The sums are the same as
  /// with direct accumulation. Throws what `body` throws, after it has restored everything.
  func callAsFunction<R>(_ body: (_ learned: [Tensor]) throws -> R) throws -> R {
    try withoutGradients { try Foreach.copy(copies, from: statistics) }
    let waiting = try learned.map { try $0.gradient() }
    self.waiting = waiting
    defer { self.waiting = nil }
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
