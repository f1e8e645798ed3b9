import FeederCache
import FeederCore
import FeederImaging

/// A source behind storage with a given rate. Every use of an image waits for all of its stored bytes, as if none were
/// in memory, in every cache form. The images are unchanged.
///
/// The wait counts as reading time, and all bytes count as missed.
package final class ThrottledSource: ForwardingSource {
  /// The source of the images.
  package let source: any ImageSource
  private let throttle: StorageThrottle

  /// `source` read through `throttle`. Several sources may share a throttle.
  package init(_ source: any ImageSource, _ throttle: StorageThrottle) {
    self.source = source
    self.throttle = throttle
  }

  /// Waits for all of the image's stored bytes, then prepares it. Throws what `source` throws.
  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    charge(source.storedByteCount(of: index), scratch)
    return try source.prepare(index, scratch: scratch)
  }

  /// The same for a tile.
  package func prepare(_ index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView {
    charge(source.storedByteCount(of: index, tile: tile), scratch)
    return try source.prepare(index, tile: tile, scratch: scratch)
  }

  private func charge(_ byteCount: Int, _ scratch: DecodeScratch) {
    if throttle.bytesPerSecond > 0 {
      scratch.noteRead(nanoseconds: throttle.charge(byteCount), missedByteCount: byteCount)
    }
  }
}
