import FeederLoader
import Synchronization

/// The current activity of a run, for other threads.
package final class RunState: Sendable {
  /// The run's own activity; its loaders work at the same time.
  enum Phase: String, Sendable {
    case waiting = "waits for a batch"
    case step = "is in a training step"
    case validation = "validates"
    case checkpoint = "writes a checkpoint"
  }

  /// The phase, and the number of phases begun so far.
  private let state = Mutex((phase: Phase.waiting, count: 0))
  private let hasSaved = Atomic(false)
  private let training: Loader
  private let validation: Loader
  private let place: RankPlace

  init(training: Loader, validation: Loader, place: RankPlace) {
    self.training = training
    self.validation = validation
    self.place = place
  }

  func enter(_ phase: Phase) { state.withLock { $0 = (phase, $0.count + 1) } }

  /// Records that a checkpoint was written or read.
  func noteCheckpoint() { hasSaved.store(true, ordering: .relaxed) }

  /// True if there is a checkpoint to resume from. Needs no access to a drive, which may not answer.
  package var hasCheckpoint: Bool { hasSaved.load(ordering: .relaxed) }

  /// Phases begun so far. If the number changes, the run makes progress.
  package var phaseCount: Int { state.withLock { $0.count } }

  /// The state of the run, of every queue and of every worker, one line each.
  package var lines: [String] {
    let phase = state.withLock { $0.phase }
    let others = place.count > 1 ? " and may wait for the \(place.count - 1) other ranks" : ""
    let run = "rank \(place.rank) of \(place.count): the run \(phase.rawValue)\(phase == .waiting ? "" : others)"
    return [run] + (phase == .validation ? validation : training).lines
  }
}
