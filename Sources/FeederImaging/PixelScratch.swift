/// The working memory of `letterbox` and `resample`: column tables and a few rows; grows to the largest call's need.
///
/// One a worker, not Sendable. After the first call of a size nothing is allocated.
package final class PixelScratch {
  /// Bytes held now; what a memory budget counts.
  package private(set) var byteCount = 0
  private var memory: UnsafeMutableRawPointer?

  /// Holds nothing yet.
  package init() {}

  deinit { memory?.deallocate() }

  /// Bytes that suffice for sources up to `sourceWidth` wide and targets up to `targetWidth` wide.
  package static func byteCount(sourceWidth: Int, targetWidth: Int, channels: Int) -> Int {
    let columns = rounded(targetWidth * MemoryLayout<Int32>.stride) * 2
    return columns + rounded(max(sourceWidth, 2 * targetWidth) * channels * MemoryLayout<Int16>.stride)
  }

  /// Room for `columns` offsets and weight pairs, and for `lineCount` 15-bit sums; the content is undefined.
  func reserve(columns: Int, lineCount: Int) -> (table: ColumnTable, lines: UnsafeMutablePointer<Int16>) {
    let tableBytes = Self.rounded(columns * MemoryLayout<Int32>.stride)
    let needed = 2 * tableBytes + Self.rounded(lineCount * MemoryLayout<Int16>.stride)
    let memory = grown(to: needed)
    let table = ColumnTable(
      offsets: memory.assumingMemoryBound(to: Int32.self),
      weights: (memory + tableBytes).assumingMemoryBound(to: Int16.self))
    return (table, (memory + 2 * tableBytes).assumingMemoryBound(to: Int16.self))
  }

  private func grown(to needed: Int) -> UnsafeMutableRawPointer {
    if let memory, byteCount >= needed { return memory }
    memory?.deallocate()
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: needed, alignment: 64)
    memory = fresh
    byteCount = needed
    return fresh
  }

  /// Whole cache lines, so that every part begins at one.
  private static func rounded(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
}
