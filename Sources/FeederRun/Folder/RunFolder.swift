import FeederCache
import FeederCore
import FeederDatasets
import FeederFiles
import FeederReporting
import FeederTraining
import Foundation

/// The folder of a run: args.yaml, results.csv, telemetry.csv, weights, pictures, report.html.
package struct RunFolder {
  package let url: URL

  package var weights: URL { url.appending(path: "weights", directoryHint: .isDirectory) }
  package var arguments: URL { url.appending(path: "args.yaml") }
  /// The record of the data that the run began with.
  var data: URL { url.appending(path: "data.csv") }
  package var results: URL { url.appending(path: "results.csv") }
  package var telemetry: URL { url.appending(path: "telemetry.csv") }

  var predictions: URL { url.appending(path: "predictions.json") }
  package var report: URL { url.appending(path: "report.html") }

  package var bestWeights: URL { weights.appending(path: "best.safetensors") }
  package var lastWeights: URL { weights.appending(path: "last.safetensors") }
  /// When the newest checkpoint was written; nil where there is none.
  package var checkpointDate: Date? { Checkpoint.date(in: weights) }

  /// What to do about a run that failed: to go on, if there is a checkpoint that can be read.
  package var wayOn: String {
    (try? Checkpoint.newest(in: weights)) == nil
      ? "no checkpoint was written, so begin again"
      : "the last good checkpoint is kept; go on with: \(resumeCommand)"
  }

  /// The command that goes on with this run, as a shell reads it.
  package var resumeCommand: String { "feeder train --resume " + Self.quoted(url.path) }

  private static func quoted(_ path: String) -> String {
    let isPlain = path.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil || "/._-+@%:,=".unicodeScalars.contains($0)
    }
    return isPlain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
  }

  /// No folder, for a process that writes none.
  package static let none = RunFolder(url: URL(filePath: "/dev/null", directoryHint: .isDirectory))

  private init(url: URL) { self.url = url }

  /// The folder among `name`, `name2`, `name3`, ... whose checkpoint is the newest; nil where none has one.
  package init?(newestOf name: String) {
    let path = URL(filePath: name).standardizedFileURL.path
    let parent = URL(filePath: path).deletingLastPathComponent()
    let base = URL(filePath: path).lastPathComponent
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    let folders = names.filter { $0 == base || ($0.hasPrefix(base) && Int($0.dropFirst(base.count)) != nil) }
      .map { RunFolder(url: parent.appending(path: $0, directoryHint: .isDirectory)) }
    let dated = folders.compactMap { folder in folder.checkpointDate.map { (folder, $0) } }
    guard let newest = dated.max(by: { $0.1 < $1.1 }) else { return nil }
    self = newest.0
  }

  /// Makes the folder `name`, or `name2`, `name3`, ... where it is taken. Whoever makes the folder owns it.
  package init(making name: String) throws {
    // A number behind a slash would make a folder inside the one that is taken.
    let path = name.count > 1 && name.hasSuffix("/") ? String(name.reversed().drop { $0 == "/" }.reversed()) : name
    guard !path.isEmpty else { throw TrainingError.runFolder(path: "--out '\(name)'", reason: "name a folder") }
    // A number behind the name of a device or of somebody's file would make a folder beside it that nobody looks for.
    if let kind = try? FilePlace(path).kind, ![.missing, .folder].contains(kind) {
      throw TrainingError.runFolder(path: "--out \(path)", reason: "is no folder; name another one")
    }
    let parent = URL(filePath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    } catch {
      throw TrainingError.runFolder(path: parent.path, reason: "cannot be made; name another folder with --out")
    }
    var number = 1
    while true {
      let candidate = number == 1 ? path : path + String(number)
      if mkdir(candidate, 0o777) == 0 {
        url = URL(filePath: candidate, directoryHint: .isDirectory)
        break
      }
      guard errno == EEXIST, number < 100_000 else {
        throw Self.cannotBeMade(candidate)
      }
      number += 1
    }
    guard mkdir(weights.path, 0o777) == 0, FolderSync.wait(url.path) else {
      let error = Self.cannotBeMade(url.path)
      rmdir(weights.path)
      rmdir(url.path)
      throw error
    }
    // A power cut must not take away a folder that a checkpoint lies in. Which parents are new is not known; to sync an old one costs
    // nothing. One that fails to is not the run's: its own files show what its disk is worth.
    var folder = url.standardizedFileURL
    for _ in folder.pathComponents.dropFirst() {
      folder.deleteLastPathComponent()
      _ = FolderSync.wait(folder.path)
    }
  }

  private static func cannotBeMade(_ path: String) -> TrainingError {
    .runFolder(path: path, reason: "cannot be made (\(FreeSpace.reason(path))); name another one with --out")
  }

  /// Throws a line that names the first difference if `record` is not that of the data that the run began with. `advice` ends it.
  package func check(_ record: DataRecord, of dataset: Dataset, advice: String) throws {
    let path = dataset.configurationURL.path
    if FileManager.default.fileExists(atPath: data.path) {
      guard let difference = try DataRecord(file: data.path).difference(to: record) else { return }
      throw CommandError("\(path): is other data than the run \(url.path) began with: \(difference); \(advice)")
    }
    guard let sum = try Checkpoint.newest(in: weights).dataSum else {
      return Terminal.say("\(url.path): does not say what data it began with; \(path) is taken for it")
    }
    guard sum == record.sum else {
      throw CommandError(
        "\(path): is other data than the run \(url.path) began with (its file data.csv, which says where they differ, is gone); \(advice)"
      )
    }
  }

  /// Writes the record of the data that the run begins with, unless it is there.
  package func keep(_ record: DataRecord) throws {
    if FileManager.default.fileExists(atPath: data.path) { return }
    try WholeFile.write(Data(record.text.utf8), to: data)
  }

  /// Writes args.yaml if it does not hold this text already. The old file stays until the new one is whole.
  package func keep(_ text: String) throws {
    if let old = try? Data(contentsOf: arguments), old == Data(text.utf8) { return }
    try WholeFile.write(Data(text.utf8), to: arguments)
  }

  /// Removes the folder where it holds no weights: nothing of a run that failed before its first checkpoint is of use.
  package func removeWithoutWeights() {
    // Where something lies in it now, or is being written, it stays.
    guard rmdir(weights.path) == 0 else { return }
    do {
      try FileManager.default.removeItem(at: url)
    } catch {
      Terminal.say("\(url.path): could not be removed; it is of no use")
    }
  }

  /// The folder of a run to look at, which may be in work. Throws where it is none.
  init(reading path: String) throws {
    url = URL(filePath: path, directoryHint: .isDirectory)
    guard FileManager.default.fileExists(atPath: arguments.path) else {
      throw TrainingError.runFolder(path: path, reason: "holds no args.yaml; give the folder of a run, as runs/train")
    }
  }

  /// The folder of a run to go on with. Throws where it is none.
  package init(resuming path: String) throws {
    url = URL(filePath: path, directoryHint: .isDirectory)
    func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
    guard !path.isEmpty, exists(url) else {
      throw TrainingError.runFolder(path: "--resume '\(path)'", reason: "no such run folder")
    }
    guard exists(arguments), checkpointDate != nil else {
      throw TrainingError.runFolder(
        path: path, reason: "holds no args.yaml with weights/last.safetensors; give the folder of a run to --resume")
    }
  }
}
