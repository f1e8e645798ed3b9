import FeederFiles
import FeederTraining
import Foundation
import Synchronization

/// Ends a cancelled run that does not stop by itself, in each phase of a run. Also holds the lock of the run's folder;
/// every exit of the process releases it. Other ranks must not leave before rank 0, because that would end the run of
/// all.
struct RunEnding: Sendable {
  private let folder: RunFolder
  private let place: RankPlace

  private static let lock = Mutex<RunLock?>(nil)

  /// Endings for the run in `folder`.
  init(_ folder: RunFolder, _ place: RankPlace) { (self.folder, self.place) = (folder, place) }

  // MARK: - The lock

  /// Takes the lock of `folder`. Ends the process if another one takes the lock over. Throws if the lock is taken.
  static func hold(_ folder: RunFolder) throws {
    let lock = try RunLock(folder.url, note: Terminal.say) { line in
      Terminal.complain(line)
      UnfinishedFiles.leave(1)
    }
    Self.lock.withLock { $0 = lock }
  }

  /// Releases the lock.
  static func release() { lock.withLock { $0 }?.release() }

  // MARK: - Leaving

  /// Releases the lock and ends the process. `last` runs when nothing is being written any more.
  private static func leave(_ status: Int32, last: () -> Void = {}) -> Never {
    release()
    UnfinishedFiles.leave(status) { _ in last() }
  }

  /// Before the first step: leaves without a checkpoint.
  var whilePreparing: LastResort.Step {
    .init(seconds: place.leads ? 3 : 5) {
      Terminal.say("interrupted before the first step")
      Self.leave(Interruption.exitStatus) { if place.leads { folder.removeWithoutWeights() } }
    }
  }

  /// During training: writes a checkpoint of the last complete step.
  func whileTraining(_ gate: CheckpointGate) -> LastResort.Step {
    .init(seconds: 3) {
      do {
        try gate.save {
          Terminal.say(
            "interrupted: a checkpoint of the last complete step is written; resume with: \(folder.resumeCommand)")
          Self.leave(Interruption.exitStatus)
        }
      } catch {
        Terminal.complain("\(Terminal.words(error)); \(folder.wayOn)")
        Self.leave(1)
      }
    }
  }

  /// After the last save: leaves with what is already written.
  var afterSaving: LastResort.Step {
    .init(seconds: 3) {
      Terminal.say(
        "interrupted: a checkpoint of the last complete step is written; resume with: \(folder.resumeCommand)")
      Self.leave(Interruption.exitStatus)
    }
  }

  /// After the run, while the report is being written: leaves without it.
  var whileDrawing: LastResort.Step {
    .init(seconds: 9) {
      Terminal.say("interrupted: the run is done, and its report is not written: feeder report \(folder.url.path)")
      Self.leave(Interruption.exitStatus)
    }
  }
}
