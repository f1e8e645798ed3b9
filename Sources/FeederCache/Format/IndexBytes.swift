import Foundation

/// The bytes of an index: a copy that outlives whatever happens to the cache file.
///
/// Up to 16 MiB (75,000 images of one label) lie in memory. More would take too much of it and are copied to a file without a name beside
/// the cache file, mapped. Where that cannot be (no room, or a file system without such files) they stay where they are, and where somebody
/// cuts the cache file, or its storage fails, they read as zeros, and `isLost` tells.
///
/// Unchecked because of the raw memory. Invariant: written in init only; what was allocated is freed in deinit, a mapping is kept by `map`.
final class IndexBytes: @unchecked Sendable {
  private static let largestInMemory = 16 << 20

  let bytes: UnsafeRawBufferPointer
  /// Where they are mapped; nil where they lie in memory.
  private let map: MappedFile?

  /// The bytes of `range` of `file`.
  init(_ file: MappedFile, _ range: Range<Int>) {
    let original = UnsafeRawBufferPointer(rebasing: file.bytes[range])
    if range.count > Self.largestInMemory {
      let copy = try? MappedFile(namelessCopyOf: original, beside: file.path)
      map = copy ?? file
      bytes = copy?.bytes ?? original
    } else {
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: original.count, alignment: 64)
      copy.copyMemory(from: original)
      map = nil
      bytes = UnsafeRawBufferPointer(copy)
    }
  }

  deinit { if map == nil { bytes.deallocate() } }

  /// True where some of the bytes could not be read, and gave zeros: no size, no record, no labels.
  var isLost: Bool { map?.isLost(bytes) ?? false }
}
