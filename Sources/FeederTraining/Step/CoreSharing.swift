import FeederTorch
import Foundation

/// Looks, between steps, whether other processes want the cores of the engine's threads, and lets those threads then sleep
/// instead of waiting busily for each other. Numbers stay the same: thread count and order of work do not change.
///
/// Waiting busily saves a step of its own a tenth; beside a busy process it costs a step half of its speed
/// (docs/measurements/cpu-step.md).
final class CoreSharing {
  /// Processor seconds of the whole machine and of this process, at some moment.
  struct Usage {
    let machine: Double
    let own: Double
    let moment: ContinuousClock.Instant
  }

  private let threadCount: Int
  private let coreCount = ProcessInfo.processInfo.activeProcessorCount
  private var last: Usage?
  private var isShared = false
  private var isRefused = false

  private static let interval = Duration.milliseconds(400)
  /// Cores that others must take from the engine for its threads to sleep, and may still take for them to stop.
  private static let (beginsAt, endsAt) = (0.3, 0.15)

  /// Watches for an engine of `threadCount` threads.
  init(threadCount: Int) { self.threadCount = threadCount }

  deinit {
    // A hint to the scheduler: its failure changes no result.
    if isShared { try? Engine.setWaitsAsleep(false, team: 2) }
  }

  /// Looks, where the last look is some time ago. One core or one thread has nothing to share.
  func look() {
    guard threadCount > 1, coreCount == sysconf(Int32(_SC_NPROCESSORS_ONLN)) else { return }
    let now = ContinuousClock.now
    if let last, now - last.moment < Self.interval { return }
    guard let usage = Self.usage(at: now) else { return }
    defer { last = usage }
    guard let last else { return }
    let foreign = Self.foreignCores(from: last, to: usage)
    let wanted = Self.isShared(
      foreign: foreign, threadCount: threadCount, coreCount: coreCount, before: isShared)
    guard wanted != isShared, !isRefused else { return }
    do {
      // More threads than cores in all, by one team of two at the least.
      try Engine.setWaitsAsleep(wanted, team: max(coreCount - threadCount, 0) + 2)
      isShared = wanted
    } catch {
      isRefused = true  // the system gives no more threads, and a hint to the scheduler is not worth a step
    }
  }

  /// Cores that other processes used between two moments.
  static func foreignCores(from first: Usage, to second: Usage) -> Double {
    let seconds = max((second.moment - first.moment) / .seconds(1), 1e-3)
    return max((second.machine - first.machine) - (second.own - first.own), 0) / seconds
  }

  /// True where others take cores from the engine's threads; it begins later than it ends, so that it does not flutter.
  static func isShared(foreign: Double, threadCount: Int, coreCount: Int, before: Bool) -> Bool {
    foreign - Double(max(coreCount - threadCount, 0)) > (before ? endsAt : beginsAt)
  }

  private static func usage(at moment: ContinuousClock.Instant) -> Usage? {
    guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
      let line = text.split(separator: "\n").first
    else { return nil }
    let ticks = line.split(separator: " ").dropFirst().compactMap { Double($0) }
    var own = rusage()
    guard ticks.count >= 8, getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own) == 0 else { return nil }
    // user, nice, system, then idle and waiting for input, then interrupts, soft interrupts, and what the host took.
    let busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return Usage(
      machine: busy / Double(sysconf(Int32(_SC_CLK_TCK))), own: seconds(own.ru_utime) + seconds(own.ru_stime),
      moment: moment)
  }
}
