import FeederProfiling
import FeederTraining
import Foundation
import Synchronization

/// Ends a run in which nothing goes on any more: a decoder that never returns, storage that is gone, a rank that does not answer. Says
/// what every queue and worker was at, and leaves with status 1; the last checkpoint is kept.
///
/// Something has to happen within ten times the median step, and at least within the seconds given; before the first step within ten
/// times those. Time in which the whole process stood still (Ctrl-Z, a laptop asleep) does not count.
final class Watchdog: TrainingObserver, Sendable {
  private struct State: Sendable {
    /// Seconds without news, as this process lived them.
    var quietSeconds = 0.0
    var lastStep: ContinuousClock.Instant?
    /// The latest steps' seconds, the oldest overwritten first.
    var steps: [Double] = []
    var nextPlace = 0
    var phaseCount = 0
    var isOver = false
  }

  private static let factor = 10.0
  private static let keptSteps = 64

  private let least: Double
  private let advice: String
  private let state = Mutex(State())
  private let run = Mutex<RunState?>(nil)

  /// Watches from `watch` on; `advice` is what to do when it has ended a run.
  init(seconds: Double, advice: String) {
    least = seconds
    self.advice = advice
  }

  /// Begins, with what it tells of when nothing goes on; does nothing where it was given 0 seconds.
  func watch(_ run: RunState) {
    guard least > 0 else { return }
    self.run.withLock { $0 = run }
    let interval = min(least / 8, 1)
    // A thread of its own: whatever hangs may hold all that Dispatch has.
    Thread.detachNewThread { [self] in
      var last = ContinuousClock.now
      while true {
        Thread.sleep(forTimeInterval: interval)
        let now = ContinuousClock.now
        guard look(after: min((now - last) / .seconds(1), 2 * interval)) else { return }
        last = now
      }
    }
  }

  /// False where there is nothing to watch any more.
  private func look(after seconds: Double) -> Bool {
    let phaseCount = run.withLock { $0?.phaseCount } ?? 0
    let (isOver, quiet, limit, median) = state.withLock { state in
      // Losses are told of a step late, and not at all while a checkpoint is written: a phase that begins is news too.
      state.quietSeconds = phaseCount == state.phaseCount ? state.quietSeconds + seconds : 0
      state.phaseCount = phaseCount
      let median = state.steps.isEmpty ? nil : FeederProfiling.median(of: state.steps)
      let limit = median.map { max(Self.factor * $0, least) } ?? Self.factor * least
      return (state.isOver, state.quietSeconds, limit, median)
    }
    guard !isOver else { return false }
    guard quiet > limit, let run = run.withLock({ $0 }) else { return true }
    for line in run.lines { Terminal.report(line) }
    let usual = median.map { String(format: "where a step takes %.2f s", $0) } ?? "before the first step"
    Terminal.complain(String(format: "stuck: nothing was done for %.0f s, %@; %@", quiet, usual, advice))
    _exit(1)
  }

  private func noteNews(isStep: Bool = false) {
    state.withLock { state in
      state.quietSeconds = 0
      let now = ContinuousClock.now
      if isStep, let last = state.lastStep {
        let seconds = (now - last) / .seconds(1)
        if state.steps.count < Self.keptSteps {
          state.steps.append(seconds)
        } else {
          state.steps[state.nextPlace] = seconds
        }
        state.nextPlace = (state.nextPlace + 1) % Self.keptSteps
      }
      state.lastStep = isStep ? now : nil
    }
  }

  func stepDone(_ report: StepReport) { noteNews(isStep: true) }
  func validationStepDone(_ done: Int, of total: Int) { noteNews() }
  func epochDone(_ report: EpochReport) { noteNews() }
  func note(_ line: String) { noteNews() }

  /// The run is over, however it ended.
  func stop() { state.withLock { $0.isOver = true } }
}
