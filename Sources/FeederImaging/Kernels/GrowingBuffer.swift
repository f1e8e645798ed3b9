/// Memory that grows to what was asked for and stays; freed with its owner.
package struct GrowingBuffer: ~Copyable {
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  /// Holds nothing yet.
  package init() {}

  /// At least one, at most `count` bytes, aligned to 64; what was in it is gone.
  package mutating func bytes(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if memory.count < max(count, 1) {
      memory.deallocate()
      memory = .allocate(byteCount: max(count, 1), alignment: 64)
    }
    return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
  }

  deinit { memory.deallocate() }
}
