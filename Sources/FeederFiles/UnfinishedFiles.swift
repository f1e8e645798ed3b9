import Foundation
import Synchronization

/// Files that are being written beside their places: a process that is asked to stop removes them as it leaves.
package enum UnfinishedFiles {
  private static let paths = Mutex<Set<String>>([])

  /// A hidden name in the folder of `target` that nothing else has. It is short, because the file's own may already have the greatest
  /// length, and made without a descriptor, because none may be left.
  package static func path(beside target: String) -> String { FilePlace.parts(target).folder + "/" + name() }

  /// Such a name without a folder.
  package static func name() -> String {
    "\(start)\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36))\(ending)"
  }

  private static let start = ".feeder-"
  private static let ending = ".partial"

  /// Removes the files of such names that killed processes left in `folder`, in which no other process writes now.
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
