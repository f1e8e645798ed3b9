import FeederLoader
import Synchronization

/// What a run is at, for whoever asks from another thread.
package final class RunState: Sendable {
  /// What the run itself does; its loaders work beside it.
  enum Phase: String, Sendable {
    case waiting = "waits for a batch"
    case step = "is in a training step"
    case validation = "validates"
    case checkpoint = "writes a checkpoint"
  }

  /// What is done now, and how many phases began so far.
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

  /// A checkpoint to go on from was written, or read.
  func noteCheckpoint() { hasSaved.store(true, ordering: .relaxed) }

  /// True if there is a checkpoint to go on from. Known without a look at a drive, which may not answer.
  package var hasCheckpoint: Bool { hasSaved.load(ordering: .relaxed) }

  /// Phases begun so far: another number means that the run goes on.
  package var phaseCount: Int { state.withLock { $0.count } }

  /// The run, every queue and every worker, a line each.
  package var lines: [String] {
    let phase = state.withLock { $0.phase }
    let others = place.count > 1 ? ", where it may wait for the \(place.count - 1) other ranks" : ""
    let run = "rank \(place.rank) of \(place.count): the run \(phase.rawValue)\(phase == .waiting ? "" : others)"
    return [run] + (phase == .validation ? validation : training).lines
  }
}
