import CPixels

/// The working memory of `letterbox` and `resample`: neighbour tables and a few rows; grows to the largest call's need.
///
/// One a worker, not Sendable. After the first call of a size nothing is allocated.
package final class PixelScratch {
  /// Bytes held now; what a memory budget counts.
  package private(set) var byteCount = 0
  /// The kernels that work on it.
  let kernels: UnsafePointer<feeder_kernels>
  private var memory: UnsafeMutableRawPointer?

  /// Holds nothing yet; `level` must be available.
  package init(level: PixelLevel = .active) { kernels = level.kernels }

  deinit { memory?.deallocate() }

  /// Bytes that suffice for sources up to `sourceWidth` wide and targets up to `targetWidth` x `targetHeight`, which is
  /// the width unless given.
  package static func byteCount(sourceWidth: Int, targetWidth: Int, targetHeight: Int? = nil, channels: Int) -> Int {
    let sizes = sizes(
      columns: targetWidth, rows: targetHeight ?? targetWidth,
      lineBytes: channels == 1 ? 0 : PlanarRows.lineBytes(width: sourceWidth))
    return sizes.columns + sizes.rows + sizes.plan + sizes.lines
  }

  private static func sizes(
    columns: Int, rows: Int, lineBytes: Int
  ) -> (columns: Int, rows: Int, plan: Int, lines: Int) {
    (
      AxisTaps.byteCount(columns), AxisTaps.byteCount(rows), wholeLines(Int(feeder_plan_bytes(Int64(columns)))),
      wholeLines(lineBytes)
    )
  }

  /// The parts of the memory: both axes' taps, the plan that a level makes of the columns, rows of the source.
  struct Room {
    let columns: AxisTaps
    let rows: AxisTaps
    let plan: UnsafeMutableRawPointer
    let lines: UnsafeMutablePointer<UInt8>
  }

  /// Room for so many target columns and rows and source bytes; the content is undefined.
  func reserve(columns: Int, rows: Int, lineBytes: Int) -> Room {
    let sizes = Self.sizes(columns: columns, rows: rows, lineBytes: lineBytes)
    let memory = grown(to: sizes.columns + sizes.rows + sizes.plan + sizes.lines)
    return Room(
      columns: AxisTaps(memory: memory, count: columns),
      rows: AxisTaps(memory: memory + sizes.columns, count: rows),
      plan: memory + sizes.columns + sizes.rows,
      lines: (memory + sizes.columns + sizes.rows + sizes.plan).assumingMemoryBound(to: UInt8.self))
  }

  /// Grows at once to what calls of up to these sizes need, as `byteCount` counts them.
  package func reserve(sourceWidth: Int, targetWidth: Int, channels: Int) {
    _ = grown(to: Self.byteCount(sourceWidth: sourceWidth, targetWidth: targetWidth, channels: channels))
  }

  private func grown(to needed: Int) -> UnsafeMutableRawPointer {
    if let memory, byteCount >= needed { return memory }
    memory?.deallocate()
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: needed, alignment: 64)
    memory = fresh
    byteCount = needed
    return fresh
  }
}
