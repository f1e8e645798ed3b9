import FeederCache
import FeederCore
import FeederImaging
import Synchronization

/// A source for `feeder bench feed` that can decode each image several times and can pause. It delivers the images of
/// `source` unchanged.
package final class DisturbedSource: ForwardingSource {
  /// The source of the images.
  package let source: any ImageSource
  private let clock: any ThrottleClock
  private let decodes = Atomic(1)
  private let standsStillUntil = Atomic(0)

  /// `source` without any disturbance.
  init(_ source: any ImageSource, clock: any ThrottleClock = MonotonicClock()) {
    self.source = source
    self.clock = clock
  }

  /// Number of times that each image is decoded, at least 1.
  var decodeCount: Int {
    get { decodes.load(ordering: .relaxed) }
    set { decodes.store(newValue, ordering: .relaxed) }
  }

  /// From now on, holds back every image for `seconds`. Images already being prepared continue.
  func standStill(seconds: Double) {
    standsStillUntil.store(clock.nanoseconds + Int(seconds * 1e9), ordering: .relaxed)
  }

  /// Waits for the end of a pause, then prepares the image `decodeCount` times. Throws what `source` throws.
  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    try disturbed(scratch) { try source.prepare(index, scratch: scratch) }
  }

  /// The same for a tile.
  package func prepare(_ index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView {
    try disturbed(scratch) { try source.prepare(index, tile: tile, scratch: scratch) }
  }

  private func disturbed(_ scratch: DecodeScratch, _ prepare: () throws -> ImageView) throws -> ImageView {
    let (until, start) = (standsStillUntil.load(ordering: .relaxed), clock.nanoseconds)
    if until > start {
      clock.sleep(until: until)
      scratch.noteRead(nanoseconds: clock.nanoseconds - start)
    }
    for _ in 1..<max(decodeCount, 1) { _ = try prepare() }
    return try prepare()
  }
}
