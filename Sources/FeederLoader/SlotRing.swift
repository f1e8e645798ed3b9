import Synchronization

/// The batch slots of one loader: allocated once, each with one owner at a time.
///
/// Unchecked because of the raw memory. Invariant: a slot's bytes are touched only by its owner: nobody while free, the
/// workers that were given an image of it while filling (each its own image), nobody while ready, the holder of the
/// `Batch` while lent. Every change of owner goes through `move`, under the lock.
final class SlotRing: @unchecked Sendable {
  /// Who owns a slot.
  enum Owner: Sendable { case free, filling, ready, lent }

  private let memory: any SlotMemory
  private let slots: [UnsafeMutableRawBufferPointer]
  private let owners: Mutex<[Owner]>

  /// Allocates `count` slots of `byteCount` bytes. Throws what the memory throws; nothing is kept then.
  init(count: Int, byteCount: Int, memory: some SlotMemory) throws {
    var slots: [UnsafeMutableRawBufferPointer] = []
    do {
      for _ in 0..<count { slots.append(try memory.allocate(byteCount: byteCount)) }
    } catch {
      slots.forEach(memory.free)
      throw error
    }
    self.memory = memory
    self.slots = slots
    owners = Mutex(Array(repeating: .free, count: count))
  }

  deinit { slots.forEach(memory.free) }

  /// Slots in all.
  var count: Int { slots.count }

  /// Slots the consumer holds.
  var lentCount: Int { owners.withLock { $0.count { $0 == .lent } } }

  /// The bytes of a slot; only its owner may touch them.
  func bytes(of slot: Int) -> UnsafeMutableRawBufferPointer { slots[slot] }

  /// A free slot, now filling; nil where none is free.
  func takeFree() -> Int? {
    owners.withLock { owners in
      guard let slot = owners.firstIndex(of: .free) else { return nil }
      owners[slot] = .filling
      return slot
    }
  }

  /// Hands a slot from one owner to the next.
  func move(_ slot: Int, from old: Owner, to new: Owner) {
    owners.withLock { owners in
      precondition(owners[slot] == old, "slot \(slot) is \(owners[slot]), not \(old)")
      owners[slot] = new
    }
  }
}
