import CPixels

/// The two neighbours in the source, and the second one's weight in 1/2048, for each target pixel along one axis.
///
/// Beyond the source's edge both neighbours are the edge pixel. Memory of a `PixelScratch`.
struct AxisTaps {
  let first: UnsafeMutablePointer<Int32>
  let second: UnsafeMutablePointer<Int32>
  let weight: UnsafeMutablePointer<Int16>
  let count: Int

  /// Bytes for so many target pixels.
  static func byteCount(_ count: Int) -> Int { 2 * wholeLines(4 * count) + wholeLines(2 * count) }

  /// Takes `byteCount(count)` bytes from `memory` on.
  init(memory: UnsafeMutableRawPointer, count: Int) {
    let step = wholeLines(4 * count)
    first = memory.assumingMemoryBound(to: Int32.self)
    second = (memory + step).assumingMemoryBound(to: Int32.self)
    weight = (memory + 2 * step).assumingMemoryBound(to: Int16.self)
    self.count = count
  }

  /// Fills all for source positions (target + 0.5) * scale + offset - 0.5, targets counted from `start` on by `step`.
  func fill(
    _ kernels: UnsafePointer<feeder_kernels>, scale: Double, offset: Double, start: Int, step: Int, sourceCount: Int
  ) {
    kernels.pointee.fill_taps(
      scale, offset, Int32(start), Int32(step), Int32(count), Int32(sourceCount), first, second, weight)
  }

  /// The source pixels that the taps reach from the first to the last of them.
  var span: ClosedRange<Int> {
    let last = count - 1
    return Int(min(first[0], first[last]))...Int(max(second[0], second[last]))
  }
}

/// Bytes rounded up to whole cache lines.
func wholeLines(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
