import Foundation

/// Where batch slots live. Pinned memory conforms to it in another room, so that this one needs no device.
package protocol SlotMemory: Sendable {
  /// `byteCount` bytes, aligned to 64 or more, until `free`. Throws where there is none.
  func allocate(byteCount: Int) throws -> UnsafeMutableRawBufferPointer
  /// Gives back what `allocate` gave.
  func free(_ memory: UnsafeMutableRawBufferPointer)
}

/// Ordinary host memory, aligned to pages.
package struct HostSlotMemory: SlotMemory {
  private static let pageByteCount = 4096

  /// Needs nothing.
  package init() {}

  package func allocate(byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, Self.pageByteCount, max(byteCount, 1)) == 0, let pointer else {
      throw LoaderError.outOfMemory(byteCount: byteCount)
    }
    return UnsafeMutableRawBufferPointer(start: pointer, count: byteCount)
  }

  package func free(_ memory: UnsafeMutableRawBufferPointer) { Foundation.free(memory.baseAddress) }
}
