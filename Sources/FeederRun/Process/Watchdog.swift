import FeederCore
import FeederFiles
import FeederProfiling
import FeederTraining
import Foundation
import Synchronization

/// Ends a run that makes no progress: a decoder that never returns, storage that is gone, a rank that does not answer.
/// Prints the state of every queue and worker, writes a checkpoint of the last whole batch if possible, and exits with
/// status 1.
///
/// `Quiet` decides how long is too long. Time in which the whole process was stopped (Ctrl-Z, suspend) does not count.
package final class Watchdog: TrainingObserver, Sendable {
  private struct State: Sendable {
    var quiet: Quiet
    var isOver = false
  }

  /// Seconds to wait for the run's state to be whole, and seconds that a checkpoint may take.
  private static let patience = 2.0
  private static let savingSeconds = 20.0

  private let least: Double
  private let leads: Bool
  private let advice: @Sendable (_ hasCheckpoint: Bool) -> String
  private let state: Mutex<State>
  private let run = Mutex<(state: RunState, gate: CheckpointGate)?>(nil)

  /// A watchdog for rank 0 if `leads`, else for another rank. `seconds` without progress count as stuck; 0 means never.
  /// `advice` returns what the user should do afterwards.
  package init(seconds: Double, leads: Bool, advice: @escaping @Sendable (_ hasCheckpoint: Bool) -> String) {
    least = seconds
    self.leads = leads
    self.advice = advice
    state = Mutex(State(quiet: Quiet(least: seconds)))
  }

  /// Starts watching `trainer`. Does nothing if `seconds` is 0.
  package func watch(_ trainer: Trainer) {
    guard least > 0 else { return }
    let (state, gate) = (trainer.state, trainer.gate)
    run.withLock { $0 = (state, gate) }
    let interval = min(least / 8, 1)
    // An own thread, because blocked work may occupy all of Dispatch's.
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

  /// Checks for progress after `seconds`. False if there is nothing left to watch.
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
    // On another thread, because the run's folder may be on the hung drive. Other ranks give rank 0 the same time.
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

  /// A step is progress; its duration decides how long the next one may take.
  package func stepDone(_ report: StepReport) { state.withLock { $0.quiet.noteStep() } }
  /// A validated batch is progress.
  package func validationStepDone(_ done: Int, of total: Int) { noteNews() }
  /// An epoch is progress.
  package func epochDone(_ report: EpochReport) { noteNews() }
  /// A line for people is progress.
  package func note(_ line: SettingLine) { noteNews() }

  /// Stops watching, however the run ended.
  package func stop() { state.withLock { $0.isOver = true } }
}
