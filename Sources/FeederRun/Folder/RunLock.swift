import Foundation
import Synchronization

/// Reserves a run folder for one process: holds the file `run.lock` in it, which a thread renews as long as the value
/// lives.
///
/// A process that is killed leaves the file behind. On the same machine the next process sees at once that the holder
/// is gone, on another machine after a minute without a heartbeat. Clocks of different machines are never compared.
package final class RunLock: Sendable {
  /// Name of the file in the run folder.
  package static let name = "run.lock"

  private let file: LockFile
  private let isHeld: Held

  /// Shared with the heartbeat thread, which must not keep the lock itself alive.
  private final class Held: Sendable {
    let value = Atomic(true)
  }

  /// Takes the lock of `folder`. `note` gets a line about an abandoned lock. `onLoss` gets a line on the heartbeat
  /// thread if another process takes the lock over. Throws `TrainingError.runFolder` if another process trains in the
  /// folder.
  package convenience init(
    _ folder: URL, note: (String) -> Void, onLoss: @escaping @Sendable (String) -> Void
  ) throws {
    try self.init(folder, pace: .init(), holder: LockHolder(), note: note, onLoss: onLoss)
  }

  init(
    _ folder: URL, pace: LockFile.Pace, holder: LockHolder, note: (String) -> Void = { _ in },
    onLoss: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    file = LockFile(path: folder.appending(path: Self.name).path, holder: holder, pace: pace)
    isHeld = Held()
    try file.take(note: note)
    Thread.detachNewThread { [file, isHeld] in Self.beat(file, isHeld, onLoss) }
  }

  /// The loop of the heartbeat thread. It uses the file without holding a mutex, so a hung drive blocks no other
  /// thread.
  private static func beat(_ file: LockFile, _ isHeld: Held, _ onLoss: @Sendable (String) -> Void) {
    var count = 0
    while true {
      Thread.sleep(forTimeInterval: file.pace.beat)
      guard isHeld.value.load(ordering: .sequentiallyConsistent) else { return }
      count += 1
      let isOurs = file.beat(count)
      guard isHeld.value.load(ordering: .sequentiallyConsistent) else { return file.release() }
      if isOurs { continue }
      let words = ((try? LockFile.read(file.path))?.holder).map(\.words) ?? "another process"
      return onLoss(
        "\(LockFile.folder(of: file.path)): \(words) has taken over this run, because this process did not renew its lock; it exits"
      )
    }
  }

  deinit { release() }

  /// Releases the folder. May be called from any thread, more than once.
  package func release() {
    if isHeld.value.exchange(false, ordering: .sequentiallyConsistent) { file.release() }
  }

  /// Throws `TrainingError.runFolder` if a process of this machine trains in `folder`. Does not take the lock.
  package static func check(_ folder: URL) throws {
    let path = folder.appending(path: name).path
    if let seen = try LockFile.read(path), seen.holder?.life == .lives { throw LockFile.refusal(path, seen) }
  }
}
