import Foundation

/// A folder with the given files under their system paths. It is removed at the end.
final class SystemFiles {
  let path = FileManager.default.temporaryDirectory.appending(path: "feeder-root-\(UUID().uuidString)").path

  init(_ files: [String: String]) throws {
    for (name, text) in files {
      let file = URL(filePath: path + name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
