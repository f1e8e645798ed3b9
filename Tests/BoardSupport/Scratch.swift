import FeederDatasets
import Foundation

/// A fresh temporary folder, removed when the value goes.
package final class Scratch {
  package let folder: URL
  package var path: String { folder.path }

  package init() throws {
    folder =
      FileManager.default.temporaryDirectory.appending(path: "feeder-datasets-\(UUID().uuidString)")
      .standardizedFileURL
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    do { try FileManager.default.removeItem(at: folder) } catch { print("left behind: \(folder.path)") }
  }

  /// Writes a file below the folder, making the folders on its way, and gives its path.
  @discardableResult
  package func write(_ name: String, _ content: String = "") throws -> String {
    try write(name, bytes: [UInt8](content.utf8))
  }

  /// Writes a file of bytes below the folder.
  @discardableResult
  package func write(_ name: String, bytes: [UInt8]) throws -> String {
    let url = folder.appending(path: name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  /// A data set of one image a split and the label file of the training image.
  package func dataset(
    label: String, yaml: String = "train: images/train\nval: images/val\nnames:\n  - open\n  - short\n"
  )
    throws
    -> Dataset
  {
    try write("images/train/a.jpg")
    try write("images/val/b.jpg")
    try write("labels/train/a.txt", label)
    try write("data.yaml", yaml)
    return try Dataset.open(path)
  }
}

/// The line that an operation fails with; empty where it does not fail.
package func failure(_ work: () throws -> Void) -> String {
  do {
    try work()
    return ""
  } catch {
    return "\(error)"
  }
}
