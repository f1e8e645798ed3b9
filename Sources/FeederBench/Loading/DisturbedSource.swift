import FeederCache
import FeederCore
import FeederImaging
import Synchronization

/// A source whose decoding can be made dearer and whose production can be made to stand still, for `feeder bench feed`. The
/// images are the source's own.
package final class DisturbedSource: ImageSource {
  private let source: any ImageSource
  private let clock: any ThrottleClock
  private let decodes = Atomic(1)
  private let standsStillUntil = Atomic(0)

  /// `source` as it is, until something is disturbed.
  init(_ source: any ImageSource, clock: any ThrottleClock = MonotonicClock()) {
    self.source = source
    self.clock = clock
  }

  /// How many times each image is really decoded; 1 is as it comes.
  var decodeCount: Int {
    get { decodes.load(ordering: .relaxed) }
    set { decodes.store(newValue, ordering: .relaxed) }
  }

  /// From now on nobody gets an image for so many seconds; who has one goes on.
  func standStill(seconds: Double) {
    standsStillUntil.store(clock.nanoseconds + Int(seconds * 1e9), ordering: .relaxed)
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
    let (until, start) = (standsStillUntil.load(ordering: .relaxed), clock.nanoseconds)
    if until > start {
      clock.sleep(until: until)
      scratch.noteRead(nanoseconds: clock.nanoseconds - start)
    }
    for _ in 1..<max(decodeCount, 1) { try source.withImage(index, scratch: scratch) { _ in } }
    try source.withImage(index, scratch: scratch, body)
  }
}
