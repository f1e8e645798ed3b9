import FeederCore
import Foundation

/// What one image cost the worker that filled it: measured in its own thread, so that nothing is shared.
struct ImageCost: Sendable {
  /// Nanoseconds on the clock, from taking the image to having it done.
  let wallNanoseconds: Int
  /// Nanoseconds of them that it waited for bytes.
  let readNanoseconds: Int
  /// Nanoseconds that the thread had a core.
  let cpuNanoseconds: Int

  /// A worker's clocks as it takes an image.
  struct Start {
    fileprivate let wall = Stopwatch()
    fileprivate let cpu = Stopwatch(CLOCK_THREAD_CPUTIME_ID)
  }

  /// The cost from `start` to now, in the thread that made `start`.
  init(since start: Start, readNanoseconds: Int) {
    wallNanoseconds = start.wall.nanoseconds
    cpuNanoseconds = start.cpu.nanoseconds
    self.readNanoseconds = min(readNanoseconds, wallNanoseconds)
  }
}
