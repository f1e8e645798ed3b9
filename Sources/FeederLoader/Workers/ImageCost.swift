import FeederCore
import Foundation

/// What one image cost the worker that filled it: measured in its own thread, so that nothing is shared.
struct ImageCost: Sendable {
  /// Nanoseconds on the clock, from taking the image to having it done.
  let wallNanoseconds: Int
  /// Nanoseconds of them that it waited for bytes.
  let readNanoseconds: Int
  /// Nanoseconds that the thread had a core for this image, and for those before it that tell 0.
  let cpuNanoseconds: Int
}

/// The two clocks of one worker, made and asked in its thread.
///
/// Asking for processor time is a system call of half a microsecond, and what it evicts comes on top, so it is asked once a millisecond
/// at most: images that take less are told with the one after them that asks.
final class WorkerClock {
  private static let interval = 1_000_000

  private let wall = Stopwatch()
  private let cpu = Stopwatch(CLOCK_THREAD_CPUTIME_ID)
  private var begun = 0
  private var asked = 0
  private var cpuBefore = 0

  /// The worker takes an image.
  func begin() { begun = wall.nanoseconds }

  /// What the image since `begin` cost, of which so many nanoseconds waiting for bytes.
  func end(readNanoseconds: Int) -> ImageCost {
    let now = wall.nanoseconds
    var cpuNanoseconds = 0
    if now - asked >= Self.interval {
      let cpuNow = cpu.nanoseconds
      cpuNanoseconds = cpuNow - cpuBefore
      (asked, cpuBefore) = (now, cpuNow)
    }
    return ImageCost(
      wallNanoseconds: now - begun, readNanoseconds: min(readNanoseconds, now - begun), cpuNanoseconds: cpuNanoseconds)
  }
}
