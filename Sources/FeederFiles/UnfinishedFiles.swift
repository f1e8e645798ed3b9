import Foundation
import Synchronization

/// Files that are being written beside their places: a process that is asked to stop removes them as it leaves.
package enum UnfinishedFiles {
  private static let paths = Mutex<Set<String>>([])

  /// Makes the file `path`, which must not exist, and notes it; the descriptor, or -1 with errno.
  package static func create(_ path: String, flags: Int32 = O_WRONLY, mode: mode_t = 0o666) -> Int32 {
    paths.withLock { paths in
      let descriptor = open(path, flags | O_CREAT | O_EXCL | O_CLOEXEC, mode)
      if descriptor >= 0 { paths.insert(path) }
      return descriptor
    }
  }

  /// The file `path` is whole, or goes on under another name: runs `body`, which does that, and forgets it if that worked.
  package static func finish(_ path: String, _ body: () -> Bool) -> Bool {
    paths.withLock { paths in
      guard body() else { return false }
      paths.remove(path)
      return true
    }
  }

  /// Removes the file `path`, keeping errno.
  package static func discard(_ path: String) {
    let code = errno
    paths.withLock { paths in
      unlink(path)
      paths.remove(path)
    }
    errno = code
  }

  /// Removes all of them and ends the process. `note` hears how many those are; nothing new is begun from then on.
  ///
  /// A drive that does not answer may hold a thread in the middle of a call: after a second the files stay.
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
