import Foundation

/// Where batch slots live. Pinned memory conforms to it in another room, so that this one needs no device.
package protocol SlotMemory: Sendable {
  /// `byteCount` bytes, aligned to 64 or more, until `free`. Throws where there is none.
  func allocate(byteCount: Int) throws -> UnsafeMutableRawBufferPointer
  /// Gives back what `allocate` gave.
  func free(_ memory: UnsafeMutableRawBufferPointer)
}

/// Ordinary host memory: pages of their own from the kernel, which has them back at once when a slot goes.
package struct HostSlotMemory: SlotMemory {
  /// Needs nothing.
  package init() {}

  package func allocate(byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
    let count = max(byteCount, 1)
    let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { throw LoaderError.outOfMemory(byteCount: byteCount) }
    return UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
  }

  package func free(_ memory: UnsafeMutableRawBufferPointer) { munmap(memory.baseAddress, max(memory.count, 1)) }
}
