import FeederLoader
import FeederTorch
import Synchronization

/// Slots that a CUDA device reads by itself: host pages of their own, page-locked. Where the system refuses to lock them, they
/// stay ordinary pages, which are copied more slowly and as rightly, and `refusal` says so.
package final class DeviceSlotMemory: SlotMemory {
  private struct State {
    /// Addresses of the slots that are locked.
    var locked: Set<UInt> = []
    var refusal: String?
  }

  private let host = HostSlotMemory()
  private let lock: @Sendable (UnsafeMutableRawBufferPointer) throws -> Void
  private let unlock: @Sendable (UnsafeMutableRawBufferPointer) throws -> Void
  private let state = Mutex(State())

  /// One line that says why pages could not be locked; nil where all were.
  package var refusal: String? { state.withLock { $0.refusal } }

  /// Memory for slots that `device` reads: ordinary for the CPU.
  package static func memory(for device: Device) -> any SlotMemory {
    device == .cpu ? HostSlotMemory() : DeviceSlotMemory(lock: PageLock.lock, unlock: PageLock.unlock)
  }

  /// Memory locked by `lock` and unlocked by `unlock`.
  init(
    lock: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws -> Void,
    unlock: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws -> Void
  ) {
    (self.lock, self.unlock) = (lock, unlock)
  }

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
