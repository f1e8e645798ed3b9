/// The bookkeeping of `NativeBatches`, without threads: batch b lies in slot b modulo the number of slots, so slots are filled
/// and lent in turn. Every method is one step under the core's lock.
struct NativeState: Sendable {
  private enum Slot: Sendable, Equatable {
    case free
    /// Images that are not written yet.
    case filling(left: Int)
    case ready
    case lent
  }

  var isCancelled = false
  var failure: (any Error)?
  private let batch: Int
  private var slots: [Slot]
  private var openedCount = 0
  private var deliveredCount = 0
  private var nextPosition = 0

  init(slotCount: Int, batch: Int) {
    self.batch = batch
    slots = Array(repeating: .free, count: slotCount)
  }

  /// Gives the next batches their slots while those are free; returns the images to write.
  mutating func openBatches() -> Int {
    var count = 0
    while slots[openedCount % slots.count] == .free {
      slots[openedCount % slots.count] = .filling(left: batch)
      openedCount += 1
      count += batch
    }
    return count
  }

  /// The next image of an open batch, counted from the start of the stream; nil where the work is over.
  ///
  /// Called once for each image that `openBatches` returned.
  mutating func takePosition() -> Int? {
    guard !isCancelled, failure == nil else { return nil }
    defer { nextPosition += 1 }
    return nextPosition
  }

  /// Notes that an image is written; true where its batch is whole now.
  mutating func finish(_ position: Int) -> Bool {
    let slot = position / batch % slots.count
    guard case .filling(let left) = slots[slot] else { preconditionFailure("slot \(slot) is not being filled") }
    slots[slot] = left == 1 ? .ready : .filling(left: left - 1)
    return left == 1
  }

  /// The next batch in order, now lent; nil where it is not whole yet.
  mutating func takeReady() throws -> (number: Int, slot: Int)? {
    if isCancelled { throw LoaderError.cancelled }
    if let failure { throw failure }
    let slot = deliveredCount % slots.count
    if slots[slot] == .lent { throw LoaderError.everySlotLent(slots.count) }
    guard slots[slot] == .ready else { return nil }
    slots[slot] = .lent
    defer { deliveredCount += 1 }
    return (deliveredCount, slot)
  }

  /// Takes a lent slot back.
  mutating func free(_ slot: Int) {
    precondition(slots[slot] == .lent, "slot \(slot) was not lent")
    slots[slot] = .free
  }
}
