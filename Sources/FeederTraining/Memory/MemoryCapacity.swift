import FeederCache
import FeederTorch
import Foundation

/// Bytes that a run may still take where its tensors live, and who says so.
package struct MemoryCapacity: Sendable {
  /// Bytes.
  package let byteCount: Int
  /// Who sets the limit, for people.
  package let reason: String
  /// True if a limit of the process's address space sets it. Compiled code counts against such a limit long before it is used.
  package let isAddressSpace: Bool

  /// A capacity that is known.
  package init(byteCount: Int, reason: String, isAddressSpace: Bool = false) {
    self.byteCount = max(byteCount, 0)
    self.reason = reason
    self.isAddressSpace = isAddressSpace
  }

  /// What `device` has left; on the CPU what the machine or a control group has, of which each of `processCount` processes gets a share.
  /// Throws `EngineError` if there is no such device.
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

  /// What the nearest of the process's own limits leaves when `threadCount` further threads have their stacks; nil without such a limit.
  package init?(threadCount: Int) {
    guard let least = ProcessLimit.all.min(by: { $0.left < $1.left }) else { return nil }
    let taken = threadCount * Self.stackByteCount - EngineMemory.idleHeapBytes
    self.init(byteCount: least.left - taken, reason: "left under \(least.name)", isAddressSpace: true)
  }

  /// Address space of a new thread's stack.
  private static var stackByteCount: Int {
    var (attributes, count) = (pthread_attr_t(), 8 << 20)
    guard pthread_attr_init(&attributes) == 0 else { return count }
    pthread_attr_getstacksize(&attributes, &count)
    pthread_attr_destroy(&attributes)
    return count
  }
}

extension RunPlan {
  /// What the device has left for a run of these settings, or what the process's own limits leave if that is less.
  package func memoryCapacity() throws -> MemoryCapacity {
    let system = try systemCapacity()
    guard device == .cpu, let own = processCapacity, own.byteCount < system.byteCount else { return system }
    return own
  }

  /// What the device, the machine or the control group has left.
  func systemCapacity() throws -> MemoryCapacity {
    try MemoryCapacity(device, processCount: device == .cpu ? place.localCount : 1)
  }

  /// What the process's own limits leave; nil without any.
  private var processCapacity: MemoryCapacity? {
    MemoryCapacity(threadCount: engineThreads + (request.workers ?? engineThreads) + 2)
  }
}
