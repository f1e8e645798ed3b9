import FeederCache
import FeederTorch
import Foundation

/// Bytes that a run may still take where its tensors live, and who says so.
package struct MemoryCapacity: Sendable {
  /// Bytes.
  package let byteCount: Int
  /// Who sets the limit, for people.
  package let reason: String

  /// Address space of a thread's stack, which counts against the process's limits before it is used.
  private static let stackByteCount = 8 << 20

  /// A capacity that is known.
  package init(byteCount: Int, reason: String) {
    self.byteCount = byteCount
    self.reason = reason
  }

  /// What `device` has left; on the CPU the least of the machine's or control group's memory and this process's own limits
  /// (RLIMIT_DATA, RLIMIT_AS), of which `threadCount` threads still to come take their stacks.
  package init(_ device: Device, threadCount: Int) throws {
    if case .cuda(let index) = device {
      let memory = try EngineMemory.device(index)
      self.init(byteCount: memory.freeBytes, reason: "free on \(device)")
      return
    }
    let limit = MemoryLimit()
    let stacks = threadCount * Self.stackByteCount
    var choices = [
      MemoryCapacity(
        byteCount: limit.available, reason: limit.isGroup ? "available in this control group" : "available here")
    ]
    for (resource, field, name) in [(RLIMIT_DATA, "VmData:", "RLIMIT_DATA"), (RLIMIT_AS, "VmSize:", "RLIMIT_AS")] {
      guard let most = Self.limit(resource) else { continue }
      let used = HostMemory.field(field) - EngineMemory.idleHeapBytes
      choices.append(MemoryCapacity(byteCount: most - used - stacks, reason: "left under \(name)"))
    }
    let least = choices.min { $0.byteCount < $1.byteCount } ?? choices[0]
    self.init(byteCount: max(least.byteCount, 0), reason: least.reason)
  }

  private static func limit(_ resource: __rlimit_resource) -> Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max) else {
      return nil
    }
    return Int(limit.rlim_cur)
  }
}

extension TrainingSettings {
  /// What the device has left for a run of these settings.
  package func memoryCapacity() throws -> MemoryCapacity {
    let all = try MemoryCapacity(device, threadCount: engineThreads + (workers ?? engineThreads) + 2)
    guard device == .cpu, place.localCount > 1 else { return all }
    return MemoryCapacity(
      byteCount: all.byteCount / place.localCount, reason: all.reason + ", shared by \(place.localCount) ranks")
  }
}
