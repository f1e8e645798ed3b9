import FeederCache
import FeederCore
import FeederImaging

/// A source behind storage of a given rate: every use of an image waits for all of its stored bytes, as if none of them were in
/// memory, whatever form they are kept in. The images are the source's own.
///
/// The wait counts as time of reading, and all bytes as missed.
package final class ThrottledSource: ForwardingSource {
  package let source: any ImageSource
  private let throttle: StorageThrottle

  /// `source` read through `throttle`, which may be shared with other sources.
  package init(_ source: any ImageSource, _ throttle: StorageThrottle) {
    self.source = source
    self.throttle = throttle
  }

  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    let byteCount = source.storedByteCount(of: index)
    if throttle.bytesPerSecond > 0 {
      scratch.noteRead(nanoseconds: throttle.charge(byteCount), missedByteCount: byteCount)
    }
    return try source.prepare(index, scratch: scratch)
  }
}
