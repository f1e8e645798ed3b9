import FeederCache
import FeederCore
import FeederImaging
import Synchronization

/// A source whose decoding can be made dearer and whose production can be made to stand still, for `feeder bench feed`. The
/// images are the source's own.
package final class DisturbedSource: ForwardingSource {
  package let source: any ImageSource
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

  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    let (until, start) = (standsStillUntil.load(ordering: .relaxed), clock.nanoseconds)
    if until > start {
      clock.sleep(until: until)
      scratch.noteRead(nanoseconds: clock.nanoseconds - start)
    }
    for _ in 1..<max(decodeCount, 1) { _ = try source.prepare(index, scratch: scratch) }
    return try source.prepare(index, scratch: scratch)
  }
}
