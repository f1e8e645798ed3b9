import Foundation
import Synchronization

/// Keeps a run folder for one process: the file `run.lock` in it, renewed by a thread as long as the value lives.
///
/// A process that ends in any other way leaves the file behind. On the same machine the next process sees at once that its holder is
/// gone; on another one after a minute without a heartbeat. Clocks of two machines are never compared.
package final class RunLock: Sendable {
  /// Name of the file in the run folder.
  package static let name = "run.lock"

  private let file: LockFile
  private let isHeld: Held

  /// Shared with the thread, which must not keep the lock itself alive.
  private final class Held: Sendable {
    let value = Atomic(true)
  }

  /// Takes the lock of `folder`. Throws `RunFolderError` if another process trains in it. `note` is told of a lock that was
  /// left, and `onLoss` is called on a thread of its own if another process takes this lock over.
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

  /// Nothing is locked while the file is used: a drive that does not answer holds up no other thread.
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
        "\(LockFile.folder(of: file.path)): \(words) has taken this run over, because this process gave no sign for long; it leaves"
      )
    }
  }

  deinit { release() }

  /// Gives the folder free. From any thread, and more than once.
  package func release() {
    if isHeld.value.exchange(false, ordering: .sequentiallyConsistent) { file.release() }
  }

  /// Throws `RunFolderError` if a process of this machine trains in `folder`. Takes nothing.
  package static func check(_ folder: URL) throws {
    let path = folder.appending(path: name).path
    if let seen = try LockFile.read(path), seen.holder?.life == .lives { throw LockFile.refusal(path, seen) }
  }
}
