/// One step of the consumer, with what the batch of that step cost the workers.
package struct TuningStep: Sendable, Equatable {
  /// Seconds the consumer kept the batch: from taking it to asking for the next one, waiting excluded.
  package var holdSeconds: Double
  /// Seconds the consumer waited for the batch.
  package var stallSeconds: Double
  /// Batches that were ready when the consumer asked, this one included: 0 where it had to wait.
  package var readyCount: Int
  /// Seconds of all workers from asking for the batch's bytes to having them.
  package var readSeconds: Double
  /// CPU seconds of all workers on the batch: decoding, augmenting, hashing.
  package var cpuSeconds: Double
  /// Seconds that the slowest of the batch's images took one worker.
  package var longestImageSeconds: Double

  /// A step by its fields.
  package init(
    holdSeconds: Double, stallSeconds: Double, readyCount: Int, readSeconds: Double, cpuSeconds: Double,
    longestImageSeconds: Double
  ) {
    self.holdSeconds = holdSeconds
    self.stallSeconds = stallSeconds
    self.readyCount = readyCount
    self.readSeconds = readSeconds
    self.cpuSeconds = cpuSeconds
    self.longestImageSeconds = longestImageSeconds
  }
}

/// What was measured between two decisions: `stepLimit` steps or `secondsLimit`, whichever comes first, between batches.
///
/// The loader keeps one window and reuses it, so that measuring allocates nothing.
package struct TuningWindow: Sendable {
  /// Steps of a window at most.
  package static let stepLimit = 16
  /// Steps of a window at least, however long they take: fewer say nothing about a spread.
  package static let stepMinimum = 6
  /// Seconds of a window, where it has its steps.
  package static let secondsLimit = 0.5

  /// The steps, all with full batches; a partial batch or a pause between epochs is left out.
  package private(set) var steps: [TuningStep] = []
  /// Seconds of all workers in decoding and augmenting, by the wall clock; more than CPU seconds where cores are short.
  package var busyWallSeconds = 0.0
  /// CPU seconds of all workers in decoding.
  package var decodeSeconds = 0.0
  /// CPU seconds of all workers in augmenting and hashing.
  package var augmentSeconds = 0.0
  /// Seconds of copying to the device, where that is measured.
  package var copySeconds = 0.0
  /// Bytes read from storage.
  package var readByteCount = 0
  /// Bytes that slots and scratch really hold at the end of the window; a slot outlives its setting until it is free.
  package var heldByteCount = 0

  /// An empty window.
  package init() { steps.reserveCapacity(Self.stepLimit) }

  /// Adds a step.
  package mutating func add(_ step: TuningStep) { steps.append(step) }

  /// Empties the window, keeping its memory.
  package mutating func clear() {
    steps.removeAll(keepingCapacity: true)
    (busyWallSeconds, decodeSeconds, augmentSeconds, copySeconds, readByteCount) = (0, 0, 0, 0, 0)
  }

  /// True where it is time for a decision.
  package var isFull: Bool {
    steps.count >= Self.stepLimit || steps.count >= Self.stepMinimum && seconds >= Self.secondsLimit
  }

  /// Seconds of the consumer: holding and waiting.
  package var seconds: Double { holdSeconds + stallSeconds }

  /// Seconds the consumer kept batches.
  package var holdSeconds: Double { steps.reduce(0) { $0 + $1.holdSeconds } }

  /// Seconds the consumer waited.
  package var stallSeconds: Double { steps.reduce(0) { $0 + $1.stallSeconds } }

  /// Share of the consumer's time spent waiting.
  package var stallShare: Double { seconds > 0 ? stallSeconds / seconds : 0 }

  /// Share of the steps that had to wait.
  package var stalledStepShare: Double {
    steps.isEmpty ? 0 : Double(steps.count { $0.readyCount == 0 }) / Double(steps.count)
  }

  /// Seconds of all workers waiting for bytes.
  package var readSeconds: Double { steps.reduce(0) { $0 + $1.readSeconds } }

  /// CPU seconds of all workers.
  package var cpuSeconds: Double { steps.reduce(0) { $0 + $1.cpuSeconds } }
}
