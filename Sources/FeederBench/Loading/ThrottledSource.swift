import FeederCache
import FeederCore
import FeederImaging

/// A source behind storage of a given rate: every use of an image waits for all of its stored bytes, as if none of them were in
/// memory, whatever form they are kept in. The images are the source's own.
///
/// The wait counts as time of reading, and all bytes as missed.
package final class ThrottledSource: ImageSource {
  private let source: any ImageSource
  private let throttle: StorageThrottle

  /// `source` read through `throttle`, which may be shared with other sources.
  package init(_ source: any ImageSource, _ throttle: StorageThrottle) {
    self.source = source
    self.throttle = throttle
  }

  package var count: Int { source.count }
  package var channels: Int { source.channels }
  package var largestWidth: Int { source.largestWidth }
  package var mappedByteCount: Int { source.mappedByteCount }
  package var scratchByteCount: Int { source.scratchByteCount }

  package func size(of index: Int) -> PixelSize? { source.size(of: index) }
  package func labelCount(of index: Int) -> Int { source.labelCount(of: index) }
  package func forEachLabel(of index: Int, _ body: (Label) -> Void) { source.forEachLabel(of: index, body) }
  package func storedByteCount(of index: Int) -> Int { source.storedByteCount(of: index) }
  package func item(_ index: Int) -> SourceItem { source.item(index) }
  package func check() throws { try source.check() }
  package func willNeed(_ index: Int) { source.willNeed(index) }

  package func withImage(_ index: Int, scratch: DecodeScratch, _ body: (ImageView) throws -> Void) throws {
    let byteCount = source.storedByteCount(of: index)
    if throttle.bytesPerSecond > 0 {
      scratch.noteRead(nanoseconds: throttle.charge(byteCount), missedByteCount: byteCount)
    }
    try source.withImage(index, scratch: scratch, body)
  }
}
