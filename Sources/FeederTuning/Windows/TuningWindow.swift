/// One step of the consumer, and the cost of its batch for the workers.
package struct TuningStep: Sendable, Equatable {
  /// Seconds that the consumer held the batch: from taking it to asking for the next, without the stall.
  package var holdSeconds: Double
  /// Seconds that the consumer waited for the batch.
  package var stallSeconds: Double
  /// Batches that were ready when the consumer asked, including this one; 0 if it had to wait.
  package var readyCount: Int
  /// Seconds that workers waited for the batch's bytes, summed.
  package var readSeconds: Double
  /// CPU seconds of all workers for the batch: decoding, augmentation, hashes.
  package var cpuSeconds: Double
  /// Seconds of the batch's slowest image.
  package var longestImageSeconds: Double

  /// A step from its values.
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

/// The measurements between two decisions: `stepLimit` steps or `secondsLimit`, whichever comes first.
///
/// The loader keeps one window and reuses it, so measuring allocates nothing.
package struct TuningWindow: Sendable {
  /// The most steps of a window.
  package static let stepLimit = 16
  /// The fewest steps of a window, however long they take: fewer give no spread.
  package static let stepMinimum = 6
  /// Seconds after which a window ends if it has `stepMinimum` steps.
  package static let secondsLimit = 0.5

  /// The steps, all with full batches. Partial batches and pauses between epochs are left out.
  package private(set) var steps: [TuningStep] = []
  /// Wall seconds of all workers in decoding and augmentation; more than their CPU seconds if cores are short.
  package var busyWallSeconds = 0.0
  /// CPU seconds of all workers for decoding.
  package var decodeSeconds = 0.0
  /// CPU seconds of all workers for augmentation and hashes.
  package var augmentSeconds = 0.0
  /// Seconds of copies to the device; 0 if not measured.
  package var copySeconds = 0.0
  /// Bytes read from storage.
  package var readByteCount = 0
  /// Bytes that slots and scratch hold at the end of the window. A surplus slot counts until it is free.
  package var heldByteCount = 0

  /// An empty window.
  package init() { steps.reserveCapacity(Self.stepLimit) }

  /// Adds a step.
  package mutating func add(_ step: TuningStep) { steps.append(step) }

  /// Empties the window and keeps its memory.
  package mutating func clear() {
    steps.removeAll(keepingCapacity: true)
    (busyWallSeconds, decodeSeconds, augmentSeconds, copySeconds, readByteCount) = (0, 0, 0, 0, 0)
  }

  /// True if a decision is due.
  package var isFull: Bool {
    steps.count >= Self.stepLimit || steps.count >= Self.stepMinimum && seconds >= Self.secondsLimit
  }

  /// Seconds of the consumer: hold and stall.
  package var seconds: Double { holdSeconds + stallSeconds }

  /// Seconds that the consumer held batches.
  package var holdSeconds: Double { steps.reduce(0) { $0 + $1.holdSeconds } }

  /// Seconds that the consumer waited.
  package var stallSeconds: Double { steps.reduce(0) { $0 + $1.stallSeconds } }

  /// The share of the consumer's time that is stall.
  package var stallShare: Double { seconds > 0 ? stallSeconds / seconds : 0 }

  /// The share of the steps that had to wait.
  package var stalledStepShare: Double {
    steps.isEmpty ? 0 : Double(steps.count { $0.readyCount == 0 }) / Double(steps.count)
  }

  /// Seconds that workers waited for bytes, summed.
  package var readSeconds: Double { steps.reduce(0) { $0 + $1.readSeconds } }

  /// CPU seconds of all workers.
  package var cpuSeconds: Double { steps.reduce(0) { $0 + $1.cpuSeconds } }
}
