import FeederCache
import FeederTorch
import Foundation

/// Bytes that a run may still take in the memory that holds its tensors, and what limits them.
package struct MemoryCapacity: Sendable {
  /// Bytes, at least 0.
  package let byteCount: Int
  /// What sets the limit, for people, such as "free on cuda:0".
  package let reason: String
  /// True if the limit is one on the process's address space. Compiled code counts against such a limit long before its
  /// pages are used.
  package let isAddressSpace: Bool

  /// A known capacity of `byteCount` bytes; a negative number counts as 0.
  package init(byteCount: Int, reason: String, isAddressSpace: Bool = false) {
    self.byteCount = max(byteCount, 0)
    self.reason = reason
    self.isAddressSpace = isAddressSpace
  }

  /// The bytes that `device` has left. On the CPU: the bytes that the machine or the control group has left, divided by
  /// `processCount`. Throws `EngineError` if there is no such device.
  package init(_ device: Device, processCount: Int = 1) throws {
    if case .cuda(let index) = device {
      let memory = try EngineMemory.device(index)
      self.init(byteCount: memory.freeBytes, reason: "free on \(device)")
      return
    }
    let limit = MemoryLimit(limits: [])
    let sharing = processCount > 1 ? ", shared by \(processCount) ranks" : ""
    self.init(byteCount: limit.available / processCount, reason: "available \(limit.place)" + sharing)
  }

  /// The bytes that the process's tightest own limit leaves after the stacks of `threadCount` further threads; nil if
  /// the process has no limit.
  package init?(threadCount: Int) {
    guard let least = ProcessLimit.all.min(by: { $0.left < $1.left }) else { return nil }
    let taken = threadCount * Self.stackByteCount - EngineMemory.idleHeapBytes
    self.init(byteCount: least.left - taken, reason: "left under \(least.name)", isAddressSpace: true)
  }

  /// Bytes of address space of a new thread's stack.
  private static var stackByteCount: Int {
    var (attributes, count) = (pthread_attr_t(), 8 << 20)
    guard pthread_attr_init(&attributes) == 0 else { return count }
    pthread_attr_getstacksize(&attributes, &count)
    pthread_attr_destroy(&attributes)
    return count
  }
}

extension RunPlan {
  /// The bytes that the device has left for this run, or that the process's own limits leave, if that is less. Throws
  /// `EngineError` if there is no such device.
  package func memoryCapacity() throws -> MemoryCapacity {
    let system = try systemCapacity()
    guard device == .cpu, let own = processCapacity, own.byteCount < system.byteCount else { return system }
    return own
  }

  /// The bytes that the device, the machine or the control group has left.
  func systemCapacity() throws -> MemoryCapacity {
    try MemoryCapacity(device, processCount: device == .cpu ? place.localCount : 1)
  }

  /// The bytes that the process's own limits leave; nil if it has none.
  private var processCapacity: MemoryCapacity? {
    MemoryCapacity(threadCount: engineThreads + (request.workers ?? engineThreads) + 2)
  }
}
