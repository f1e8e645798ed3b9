import Foundation

/// The memory of slots. Another room conforms pinned memory to it, so this room needs no device.
package protocol SlotMemory: Sendable {
  /// Allocates `byteCount` bytes, aligned to 64 or more, valid until `free`. Throws if there is no memory.
  func allocate(byteCount: Int) throws -> UnsafeMutableRawBufferPointer
  /// Frees memory from `allocate`.
  func free(_ memory: UnsafeMutableRawBufferPointer)
}

/// Ordinary host memory: own pages from the kernel, which gets them back at once when a slot is freed.
package struct HostSlotMemory: SlotMemory {
  /// Host memory has no state.
  package init() {}

  /// Maps `byteCount` bytes of whole pages. Throws `LoaderError.outOfMemory` if the kernel refuses.
  package func allocate(byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
    let count = max(byteCount, 1)
    let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { throw LoaderError.outOfMemory(byteCount: byteCount) }
    return UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
  }

  /// Unmaps memory from `allocate`.
  package func free(_ memory: UnsafeMutableRawBufferPointer) { munmap(memory.baseAddress, max(memory.count, 1)) }
}
