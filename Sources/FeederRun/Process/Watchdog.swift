import FeederCore
import FeederFiles
import FeederProfiling
import FeederTraining
import Foundation
import Synchronization

/// Ends a run in which nothing goes on any more: a decoder that never returns, storage that is gone, a rank that does not answer. Says
/// what every queue and worker was at, writes a checkpoint of the last whole batch where that can be had, and leaves with status 1.
///
/// How long is too long says `Quiet`. Time in which the whole process stood still (Ctrl-Z, a laptop asleep) does not count.
package final class Watchdog: TrainingObserver, Sendable {
  private struct State: Sendable {
    var quiet: Quiet
    var isOver = false
  }

  /// Seconds that a run which changes its state may take to come to an end of that, and that a checkpoint may take.
  private static let patience = 2.0
  private static let savingSeconds = 20.0

  private let least: Double
  private let leads: Bool
  private let advice: @Sendable (_ hasCheckpoint: Bool) -> String
  private let state: Mutex<State>
  private let run = Mutex<(state: RunState, gate: CheckpointGate)?>(nil)

  /// Watches from `watch` on, for a rank that `leads` or not; `advice` is what to do when it has ended a
  /// run, with a checkpoint or without.
  package init(seconds: Double, leads: Bool, advice: @escaping @Sendable (_ hasCheckpoint: Bool) -> String) {
    least = seconds
    self.leads = leads
    self.advice = advice
    state = Mutex(State(quiet: Quiet(least: seconds)))
  }

  /// Begins, with what it tells of when nothing goes on; does nothing where it was given 0 seconds.
  package func watch(_ trainer: Trainer) {
    guard least > 0 else { return }
    let (state, gate) = (trainer.state, trainer.gate)
    run.withLock { $0 = (state, gate) }
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
    guard let run = run.withLock({ $0 }) else { return true }
    let (isOver, stuck) = state.withLock { state in
      (state.isOver, state.quiet.stuck(after: seconds, phaseCount: run.state.phaseCount))
    }
    guard !isOver else { return false }
    guard let stuck else { return true }
    for line in run.state.lines { Terminal.report(line) }
    let leave: @Sendable () -> Void = { [advice] in
      Terminal.complain("stuck: \(stuck); \(advice(run.state.hasCheckpoint))")
      UnfinishedFiles.leave(1)
    }
    // Beside this thread: the run's folder may be on the drive that does not answer. The other ranks give rank 0 the time for it.
    if leads {
      Thread.detachNewThread {
        do {
          try run.gate.save(before: .now + Self.patience, leave: leave)
        } catch {
          Terminal.complain("\(Terminal.words(error))")
        }
        leave()
      }
    }
    Thread.sleep(forTimeInterval: Self.savingSeconds)
    leave()
    return false
  }

  private func noteNews() { state.withLock { $0.quiet.noteNews() } }

  package func stepDone(_ report: StepReport) { state.withLock { $0.quiet.noteStep() } }
  package func validationStepDone(_ done: Int, of total: Int) { noteNews() }
  package func epochDone(_ report: EpochReport) { noteNews() }
  package func note(_ line: SettingLine) { noteNews() }

  /// The run is over, however it ended.
  package func stop() { state.withLock { $0.isOver = true } }
}
