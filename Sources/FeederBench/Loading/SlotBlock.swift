import FeederLoader

/// Slots of one size, allocated once and freed together. The owner decides which thread uses which slot.
///
/// Unchecked because of the raw memory. Invariant: allocated in `init`, freed in `deinit`, never moved; two threads
/// never write to one place of a slot at the same time.
final class SlotBlock: @unchecked Sendable {
  private let memory: any SlotMemory
  private let slots: [UnsafeMutableRawBufferPointer]

  /// Allocates `count` slots of `byteCount` bytes. Throws what `memory` throws, after it has freed the others.
  init(count: Int, byteCount: Int, memory: some SlotMemory = HostSlotMemory()) throws {
    var slots: [UnsafeMutableRawBufferPointer] = []
    do {
      for _ in 0..<count { slots.append(try memory.allocate(byteCount: byteCount)) }
    } catch {
      slots.forEach(memory.free)
      throw error
    }
    self.memory = memory
    self.slots = slots
  }

  deinit { slots.forEach(memory.free) }

  /// Number of slots.
  var count: Int { slots.count }

  /// The bytes of a slot, valid as long as the block lives.
  subscript(slot: Int) -> UnsafeMutableRawBufferPointer { slots[slot] }
}
