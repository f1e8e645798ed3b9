import FeederLoader
import FeederTorch
import Synchronization

/// Page-locked slots, which a CUDA device can copy by itself. If the system refuses to lock the pages, they stay
/// ordinary: copies are slower but correct, and `refusal` gives the reason.
package final class DeviceSlotMemory: SlotMemory {
  private struct State {
    /// Addresses of the locked slots.
    var locked: Set<UInt> = []
    var refusal: String?
  }

  private let host = HostSlotMemory()
  private let lock: @Sendable (UnsafeMutableRawBufferPointer) throws -> Void
  private let unlock: @Sendable (UnsafeMutableRawBufferPointer) throws -> Void
  private let state = Mutex(State())

  /// The first reason why pages could not be locked or unlocked, in one line; nil if there was none.
  package var refusal: String? { state.withLock { $0.refusal } }

  /// Slot memory for `device`; ordinary memory for the CPU.
  package static func memory(for device: Device) -> any SlotMemory {
    device == .cpu ? HostSlotMemory() : DeviceSlotMemory(lock: PageLock.lock, unlock: PageLock.unlock)
  }

  /// Slot memory that is locked with `lock` and unlocked with `unlock`.
  init(
    lock: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws -> Void,
    unlock: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws -> Void
  ) {
    (self.lock, self.unlock) = (lock, unlock)
  }

  /// Allocates the memory of a slot and tries to lock it. Throws `LoaderError` if memory is missing.
  package func allocate(byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
    let memory = try host.allocate(byteCount: byteCount)
    do {
      try lock(memory)
      state.withLock { _ = $0.locked.insert(UInt(bitPattern: memory.baseAddress)) }
    } catch {
      note("batch slots stay ordinary memory, copies to the device are slower: \(error)")
    }
    return memory
  }

  /// Unlocks and frees the memory of a slot.
  package func free(_ memory: UnsafeMutableRawBufferPointer) {
    if state.withLock({ $0.locked.remove(UInt(bitPattern: memory.baseAddress)) }) != nil {
      do {
        try unlock(memory)
      } catch {
        note("\(error)")
      }
    }
    host.free(memory)
  }

  private func note(_ line: String) { state.withLock { $0.refusal = $0.refusal ?? line } }
}
