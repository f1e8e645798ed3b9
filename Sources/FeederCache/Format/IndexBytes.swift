import Foundation

/// The bytes of an index: a copy that stays valid whatever happens to the cache file.
///
/// Up to 16 MiB (75,000 images with one label) are copied to memory. A larger index is copied to a nameless file beside
/// the cache file and mapped. If that fails (no space, or a file system without such files), the bytes stay in the
/// cache file's mapping. If that file is cut or its storage fails, they then read as zeros and `isLost` is true.
///
/// Unchecked because of the raw memory. Invariant: written in init only; deinit frees what was allocated, and `map`
/// keeps a mapping.
final class IndexBytes: @unchecked Sendable {
  private static let largestInMemory = 16 << 20

  let bytes: UnsafeRawBufferPointer
  /// The mapping that holds the bytes; nil if they are in memory.
  private let map: MappedFile?

  /// Copies the bytes at `range` of `file`.
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

  /// True if some bytes could not be read and gave zeros: no size, no record, no labels.
  var isLost: Bool { map?.isLost(bytes) ?? false }
}
