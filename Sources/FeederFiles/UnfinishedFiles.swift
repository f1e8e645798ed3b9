import Foundation
import Synchronization

/// Files that are being written under temporary names. A cancelled process removes them before it exits.
package enum UnfinishedFiles {
  private static let paths = Mutex<Set<String>>([])

  /// A hidden path in the folder of `target` that no other file has. The name is short, because the target's own name
  /// may already have the greatest length. It needs no descriptor, because none may be left.
  package static func path(beside target: String) -> String { FilePlace.parts(target).folder + "/" + name() }

  /// The name of such a path, without a folder.
  package static func name() -> String {
    "\(start)\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36))\(ending)"
  }

  private static let start = ".feeder-"
  private static let ending = ".partial"

  /// Removes such files that killed processes left in `folder`. No other process may write there now.
  package static func removeLeftovers(in folder: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard name.hasPrefix(start), name.hasSuffix(ending) else { continue }
      let parts = name.dropFirst(start.count).dropLast(ending.count).split(
        separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2, let process = Int32(parts[0]), process != getpid(), UInt64(parts[1], radix: 36) != nil
      else { continue }
      unlink(folder + "/" + name)
    }
  }

  /// Creates the file `path`, which must not exist, and notes it. Returns the descriptor, or -1 with errno.
  package static func create(_ path: String, flags: Int32 = O_WRONLY, mode: mode_t = 0o666) -> Int32 {
    paths.withLock { paths in
      let descriptor = open(path, flags | O_CREAT | O_EXCL | O_CLOEXEC, mode)
      if descriptor >= 0 { paths.insert(path) }
      return descriptor
    }
  }

  /// Runs `body`, which completes the file `path` or gives it its final name, and forgets the file if `body` returns
  /// true.
  package static func finish(_ path: String, _ body: () -> Bool) -> Bool {
    paths.withLock { paths in
      guard body() else { return false }
      paths.remove(path)
      return true
    }
  }

  /// Removes the file `path`, and keeps errno.
  package static func discard(_ path: String) {
    let code = errno
    paths.withLock { paths in
      unlink(path)
      paths.remove(path)
    }
    errno = code
  }

  /// Removes all noted files and ends the process with `status`. `note` gets their number before the exit. No new file
  /// starts from then on.
  ///
  /// A drive that does not answer can block a thread inside a call that holds the lock. After one second the process
  /// exits and leaves the files.
  package static func leave(_ status: Int32, note: (Int) -> Void = { _ in }) -> Never {
    for _ in 0..<100 {
      paths.withLockIfAvailable { paths in
        for path in paths { unlink(path) }
        note(paths.count)
        _exit(status)
      }
      usleep(10_000)
    }
    note(0)
    _exit(status)
  }
}
