import FeederCore
import Foundation

/// The cost of one image for the worker that filled it, measured in its thread, so no memory is shared.
struct ImageCost: Sendable {
  /// Nanoseconds of wall time, from the start of the image to its end.
  let wallNanoseconds: Int
  /// Nanoseconds of these in which the worker waited for bytes.
  let readNanoseconds: Int
  /// Nanoseconds of CPU time for this image and for those before it that have 0.
  let cpuNanoseconds: Int
}

/// The two clocks of one worker, made and read in its thread.
///
/// A read of the CPU time is a system call of 0.5 microseconds plus the cache lines that it evicts, so it happens at
/// most once per millisecond. Faster images are counted with the next one that reads it.
final class WorkerClock {
  private static let interval = 1_000_000

  private let wall = Stopwatch()
  private let cpu = Stopwatch(CLOCK_THREAD_CPUTIME_ID)
  private var begun = 0
  private var asked = 0
  private var cpuBefore = 0

  /// Starts an image.
  func begin() { begun = wall.nanoseconds }

  /// The cost of the image since `begin`. `readNanoseconds` is the time that it waited for bytes.
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
