import FeederFiles
import Foundation

/// A folder that appears whole or not at all: written beside its place under a hidden name, renamed at the end.
///
/// Whoever made it owns it; when it goes without `commit`, everything written is removed.
package final class StagedFolder {
  /// Where the folder will be.
  package let target: String
  /// Where it is written.
  package let folder: String
  private var isWriting = false
  private var createdParents: [String] = []

  /// Prepares to write `target`. Throws `DatasetError.output` where there is something already or nothing can be written.
  package init(target: String) throws {
    // The end of all links, also of one that leads to a place which is still free.
    self.target = (try? FilePlace(target).target) ?? FileBytes.realPath(target)
    let url = URL(filePath: self.target)
    let parent = url.deletingLastPathComponent()
    folder = parent.appending(path: ".\(url.lastPathComponent).partial-\(UUID().uuidString)").path
    try Self.checkFree(self.target)
    try makeParents(parent.path)
    guard mkdir(folder, 0o777) == 0 else {
      let reason = FileBytes.systemReason()
      removeParents()
      throw DatasetError.output(path: self.target, problem: "cannot be written (\(reason)); name another folder")
    }
    isWriting = true
  }

  deinit {
    guard isWriting else { return }
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
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
      createdParents.append(path)
    }
  }

  private func removeParents() {
    for path in createdParents.reversed() { rmdir(path) }
  }

  /// The path of something inside the folder while it is written.
  func path(_ name: String) -> String { folder + "/" + name }

  /// Makes a folder inside, with the folders on its way.
  package func makeFolder(_ name: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    } catch {
      throw DatasetError.output(path: target + "/" + name, problem: "cannot be made; is the disk full or read-only?")
    }
  }

  /// Writes a whole file inside.
  package func write(_ bytes: [UInt8], to name: String) throws {
    try FileBytes.write(bytes, to: path(name), calledLater: target + "/" + name)
  }

  /// Moves the folder to its place.
  package func commit() throws {
    guard rename(folder, target) == 0 else {
      throw DatasetError.output(path: target, problem: "cannot be put in place (\(FileBytes.systemReason()))")
    }
    isWriting = false
  }
}
