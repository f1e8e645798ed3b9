import FeederDetection
import FeederTorch

/// Makes a batch count whole or not at all: where it fails half-way, gradients and running statistics are as they were before.
final class StepUndo {
  private let entries: [StateEntry]
  private let learned: [Tensor]
  private let statistics: [Tensor]
  private let copies: [Tensor]
  /// Gradients that waited when the batch in progress began; nil between batches.
  private var waiting: [Tensor?]?

  /// Guards the tensors of `state`.
  init(_ state: [StateEntry]) throws {
    entries = state.filter { $0.kind != .fixed }
    learned = entries.filter(\.kind.isLearned).map(\.tensor)
    statistics = entries.filter { !$0.kind.isLearned }.map(\.tensor)
    copies = try statistics.map { try $0.zerosLike() }
  }

  /// Every guarded tensor and its gradient as the latest whole batch left them, also while another one is computed: in that they are
  /// copies, or tensors that the batch does not change.
  func settled() throws -> [(entry: StateEntry, tensor: Tensor, gradient: Tensor?)] {
    var statistics = (waiting == nil ? statistics : copies).makeIterator()
    var gradients = try (waiting ?? learned.map { try $0.gradient() }).makeIterator()
    return entries.map { entry in
      entry.kind.isLearned
        ? (entry, entry.tensor, gradients.next() ?? nil) : (entry, statistics.next() ?? entry.tensor, nil)
    }
  }

  /// Runs `body` with no gradients in the leaves, then adds those that waited there: the same sums as adding to them at once.
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
