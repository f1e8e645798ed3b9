import FeederTorch
import Foundation

/// Detects, between steps, whether other processes need the cores of the engine's threads. If so, these threads sleep
/// while they wait for each other, instead of spinning. Results stay the same: thread count and order of work do not
/// change.
///
/// Spinning makes an undisturbed step a tenth faster. Beside a busy process it halves the step's speed
/// (docs/measurements/cpu-step.md).
final class CoreSharing {
  /// Processor seconds of the whole machine and of this process at a moment.
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
  /// Cores that others must take from the engine's threads before these sleep, and cores below which they spin again.
  private static let (beginsAt, endsAt) = (0.3, 0.15)

  /// Watches for an engine with `threadCount` threads.
  init(threadCount: Int) { self.threadCount = threadCount }

  deinit {
    // Only a hint to the scheduler: its failure changes no result.
    if isShared { try? Engine.setWaitsAsleep(false, team: 2) }
  }

  /// Measures, if the last measurement is old enough. Does nothing with one core or one thread.
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
      // A team of at least two threads, with more threads than cores in total.
      try Engine.setWaitsAsleep(wanted, team: max(coreCount - threadCount, 0) + 2)
      isShared = wanted
    } catch {
      isRefused = true  // the system gives no more threads, and this hint is not worth a failed step
    }
  }

  /// Cores that other processes used between two measurements.
  static func foreignCores(from first: Usage, to second: Usage) -> Double {
    let seconds = max((second.moment - first.moment) / .seconds(1), 1e-3)
    return max((second.machine - first.machine) - (second.own - first.own), 0) / seconds
  }

  /// True if others take cores from the engine's threads. The lower limit for `before` prevents rapid switching.
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
    // Fields: user, nice, system, idle, waiting for input, interrupts, soft interrupts, time taken by the host.
    let busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return Usage(
      machine: busy / Double(sysconf(Int32(_SC_CLK_TCK))), own: seconds(own.ru_utime) + seconds(own.ru_stime),
      moment: moment)
  }
}
