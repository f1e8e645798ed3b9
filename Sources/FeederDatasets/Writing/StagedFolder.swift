import FeederFiles
import Foundation
import Synchronization

/// A folder that appears whole or not at all: written beside its place under a hidden name, renamed at the end.
///
/// Whoever made it owns it; when it goes without `commit`, what was written through it is removed, and nothing else.
package final class StagedFolder: Sendable {
  /// Where the folder will be.
  package let target: String
  /// Where it is written.
  package let folder: String
  /// What was made, from the first folder on. Its own names, so that none is removed that somebody else put there; and to go through
  /// a folder would take a descriptor, which may be what is missing.
  private struct Made {
    var parents: [String] = []
    var folders: [String] = []
    var files: [String] = []
    var isWriting = false
  }

  private let made = Mutex(Made())

  /// Prepares to write `target`. Throws `DatasetError.output` if something is there already or nothing can be written.
  package init(target: String) throws {
    // The end of all links, also of one that leads to a place which is still free.
    self.target = (try? FilePlace(target).target) ?? FileBytes.realPath(target)
    let url = URL(filePath: self.target)
    let parent = url.deletingLastPathComponent()
    folder = UnfinishedFiles.path(beside: self.target)
    try Self.checkFree(self.target)
    try makeParents(parent.path)
    guard mkdir(folder, 0o777) == 0 else {
      let reason = FileBytes.systemReason()
      removeParents()
      throw DatasetError.output(path: self.target, problem: "cannot be written (\(reason)); name another folder")
    }
    made.withLock { $0.isWriting = true }
  }

  deinit {
    let made = made.withLock { $0 }
    guard made.isWriting else { return }
    for file in made.files { unlink(file) }
    for folder in made.folders.reversed() { rmdir(folder) }
    if rmdir(folder) != 0, errno != ENOENT {
      // A stderr that takes no more is no reason to end here, as `write(_:)` would.
      try? FileHandle.standardError.write(contentsOf: Data("\(folder): could not be removed; it is of no use\n".utf8))
    }
    removeParents()
  }

  /// Throws where `target` is something else than a free place or an empty folder.
  private static func checkFree(_ target: String) throws {
    guard FileBytes.status(target) != nil else { return }
    guard FileBytes.isFolder(target) else {
      throw DatasetError.output(path: target, problem: "is a file; name another folder")
    }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: target)
    } catch {
      throw DatasetError.output(path: target, problem: "cannot be listed; check its permissions")
    }
    guard names.isEmpty else {
      throw DatasetError.output(path: target, problem: "is not empty, and nothing is overwritten; name another folder")
    }
  }

  private func makeParents(_ parent: String) throws {
    var missing: [String] = []
    var path = parent
    while path != "/", FileBytes.status(path) == nil {
      missing.append(path)
      path = URL(filePath: path).deletingLastPathComponent().path
    }
    for path in missing.reversed() {
      guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
        let reason = FileBytes.systemReason()
        removeParents()
        throw DatasetError.output(path: path, problem: "cannot be made (\(reason)); name another folder")
      }
      made.withLock { $0.parents.append(path) }
    }
  }

  private func removeParents() {
    for path in made.withLock({ $0.parents }).reversed() { rmdir(path) }
  }

  /// Makes a folder inside, with the folders on its way.
  package func makeFolder(_ name: String) throws {
    var path = folder
    for part in name.split(separator: "/") {
      path += "/" + part
      if mkdir(path, 0o777) == 0 {
        made.withLock { $0.folders.append(path) }
      } else if errno != EEXIST {
        throw DatasetError.output(
          path: target + "/" + name, problem: "cannot be made (\(FileBytes.systemReason())); name another folder")
      }
    }
  }

  /// Writes a whole file inside. From any thread.
  package func write(_ bytes: [UInt8], to name: String) throws {
    try FileBytes.write(bytes, to: folder + "/" + name, calledLater: target + "/" + name)
    made.withLock { $0.files.append(folder + "/" + name) }
  }

  /// Makes a link inside that leads to `path`; false if there can be none. From any thread.
  package func link(to path: String, as name: String) -> Bool {
    guard symlink(path, folder + "/" + name) == 0 else { return false }
    made.withLock { $0.files.append(folder + "/" + name) }
    return true
  }

  /// Moves the folder to its place.
  package func commit() throws {
    guard rename(folder, target) == 0 else {
      throw DatasetError.output(path: target, problem: "cannot be put in place (\(FileBytes.systemReason()))")
    }
    made.withLock { $0.isWriting = false }
  }
}
