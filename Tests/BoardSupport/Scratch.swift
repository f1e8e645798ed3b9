import FeederDatasets
import Foundation

/// A new temporary folder. It is removed when the value is released.
package final class Scratch {
  /// The folder.
  package let folder: URL
  /// Path of the folder.
  package var path: String { folder.path }

  /// Makes the folder. Throws if it cannot be made.
  package init() throws {
    folder =
      FileManager.default.temporaryDirectory.appending(path: "feeder-datasets-\(UUID().uuidString)")
      .standardizedFileURL
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    do { try FileManager.default.removeItem(at: folder) } catch { print("left behind: \(folder.path)") }
  }

  /// Writes a text file below the folder and makes its parents. Returns its path. Throws if it cannot be written.
  @discardableResult
  package func write(_ name: String, _ content: String = "") throws -> String {
    try write(name, bytes: [UInt8](content.utf8))
  }

  /// Writes a file of bytes below the folder. Returns its path. Throws if it cannot be written.
  @discardableResult
  package func write(_ name: String, bytes: [UInt8]) throws -> String {
    let url = folder.appending(path: name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  /// A data set with one image per split. `label` is the training image's label file. Throws if a write fails.
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

/// The description of the error that `work` throws; empty if it throws none.
package func failure(_ work: () throws -> Void) -> String {
  do {
    try work()
    return ""
  } catch {
    return "\(error)"
  }
}
