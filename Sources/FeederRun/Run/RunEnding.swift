import FeederFiles
import FeederTraining
import Foundation
import Synchronization

/// How a run ends that was asked to stop and does not, in each of its parts, and the lock of its folder, which every way out of the process
/// gives back. A rank that leaves before rank 0 would end the run of all.
struct RunEnding: Sendable {
  private let folder: RunFolder
  private let place: RankPlace

  private static let lock = Mutex<RunLock?>(nil)

  /// For the run in `folder`.
  init(_ folder: RunFolder, _ place: RankPlace) { (self.folder, self.place) = (folder, place) }

  // MARK: - The lock

  /// Keeps the folder for this process. Ends the process if another one takes it over.
  static func hold(_ folder: RunFolder) throws {
    let lock = try RunLock(folder.url, note: Terminal.say) { line in
      Terminal.complain(line)
      UnfinishedFiles.leave(1)
    }
    Self.lock.withLock { $0 = lock }
  }

  /// Gives the folder back.
  static func release() { lock.withLock { $0 }?.release() }

  // MARK: - Leaving

  /// Ends the process; the run folder is free then. `last` is done when nothing is written any more.
  private static func leave(_ status: Int32, last: () -> Void = {}) -> Never {
    release()
    UnfinishedFiles.leave(status) { _ in last() }
  }

  /// Before the first step.
  var whilePreparing: LastResort.Step {
    .init(seconds: place.leads ? 3 : 5) {
      Terminal.say("interrupted before the first step")
      Self.leave(Interruption.exitStatus) { if place.leads { folder.removeWithoutWeights() } }
    }
  }

  /// With a checkpoint of the last whole step.
  func whileTraining(_ gate: CheckpointGate) -> LastResort.Step {
    .init(seconds: 3) {
      do {
        try gate.save {
          Terminal.say(
            "interrupted: a checkpoint of the last whole step is written; go on with: \(folder.resumeCommand)")
          Self.leave(Interruption.exitStatus)
        }
      } catch {
        Terminal.complain("\(Terminal.words(error)); \(folder.wayOn)")
        Self.leave(1)
      }
    }
  }

  /// With what is written.
  var afterSaving: LastResort.Step {
    .init(seconds: 3) {
      Terminal.say(
        "interrupted: a checkpoint of the last whole step is written; go on with: \(folder.resumeCommand)")
      Self.leave(Interruption.exitStatus)
    }
  }

  /// When the run is done and its report is not.
  var whileDrawing: LastResort.Step {
    .init(seconds: 9) {
      Terminal.say("interrupted: the run is done, and its report is not written: feeder report \(folder.url.path)")
      Self.leave(Interruption.exitStatus)
    }
  }
}
