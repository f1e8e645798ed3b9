import Foundation

/// The bytes of an index: a copy in memory where they are few, else the mapped file itself.
///
/// A copy takes at most 16 MiB (75,000 images of one label) and outlives whatever happens to the file. A larger index stays
/// where it is mapped, so that a million images take no more; where somebody cuts such a file it reads as zeros, and `isLost` tells.
///
/// Unchecked because of the raw memory. Invariant: written in init only; what was allocated is freed in deinit, a mapping is kept by `map`.
final class IndexBytes: @unchecked Sendable {
  private static let largestCopy = 16 << 20

  let bytes: UnsafeRawBufferPointer
  private let map: MappedFile
  private let isCopy: Bool

  /// The bytes of `range` of `map`.
  init(_ map: MappedFile, _ range: Range<Int>) {
    self.map = map
    isCopy = range.count <= Self.largestCopy
    let mapped = UnsafeRawBufferPointer(rebasing: map.bytes[range])
    guard isCopy else {
      bytes = mapped
      return
    }
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: mapped.count, alignment: 64)
    copy.copyMemory(from: mapped)
    bytes = UnsafeRawBufferPointer(copy)
  }

  deinit { if isCopy { bytes.deallocate() } }

  /// True where some of the bytes could not be read, and gave zeros: no size, no record, no labels.
  var isLost: Bool { !isCopy && map.isLost(bytes) }
}
