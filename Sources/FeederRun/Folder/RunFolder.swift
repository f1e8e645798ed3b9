import FeederCache
import FeederCore
import FeederDatasets
import FeederFiles
import FeederReporting
import FeederTraining
import FeederWeights
import Foundation

/// The folder of a run: settings, results, telemetry, weights, pictures and report (docs/run-folder.md).
package struct RunFolder {
  /// The folder itself.
  package let url: URL
  /// Device and inode of the folder, because another folder may get its name later.
  private let identity: FileIdentity?

  /// The folder of checkpoints and best weights.
  package var weights: URL { url.appending(path: "weights", directoryHint: .isDirectory) }
  /// args.yaml, the settings of the run.
  package var arguments: URL { url.appending(path: "args.yaml") }
  /// data.csv, the record of the data that the run started with.
  var data: URL { url.appending(path: "data.csv") }
  /// results.csv, one row per epoch.
  package var results: URL { url.appending(path: "results.csv") }
  /// telemetry.csv, about one row per second.
  package var telemetry: URL { url.appending(path: "telemetry.csv") }

  /// predictions.json, the detections of the report's validation.
  var predictions: URL { url.appending(path: "predictions.json") }
  /// report.html.
  package var report: URL { url.appending(path: "report.html") }

  /// The weights of the best epoch.
  package var bestWeights: URL { weights.appending(path: "best.safetensors") }
  /// The newest checkpoint.
  package var lastWeights: URL { weights.appending(path: "last.safetensors") }
  /// When the newest checkpoint was written; nil if there is none.
  package var checkpointDate: Date? { Checkpoint.date(in: weights) }

  /// Advice for a run that failed: resume it if a checkpoint can be read, else start again.
  package var wayOn: String {
    guard isInPlace else {
      return
        "the run folder \(url.path) is missing; if it was moved, its last checkpoint is in it: resume with feeder train "
        + "--resume and its new place"
    }
    if (try? Checkpoint.newest(in: weights)) != nil {
      return "the last good checkpoint is kept; resume with: \(resumeCommand)"
    }
    let isBestWhole = (try? WeightsFile(path: bestWeights.path)) != nil
    return "no checkpoint was written, so start again"
      + (isBestWhole ? ", from the weights of its best epoch with --weights \(Self.quoted(bestWeights.path))" : "")
  }

  /// False if the folder was moved or removed, even if another one has its name now.
  private var isInPlace: Bool { FileIdentity(url.path) == identity }

  /// The command that resumes this run, quoted for a shell.
  package var resumeCommand: String { "feeder train --resume " + Self.quoted(url.path) }

  private static func quoted(_ path: String) -> String {
    let isPlain = path.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil || "/._-+@%:,=".unicodeScalars.contains($0)
    }
    return isPlain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
  }

  /// No folder, for a process that writes none.
  package static let none = RunFolder(url: URL(filePath: "/dev/null", directoryHint: .isDirectory))

  private init(url: URL) {
    self.url = url
    identity = FileIdentity(url.path)
  }

  /// The folder among `name`, `name2`, `name3`, ... with the newest checkpoint; nil if none has one.
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

  /// Makes the folder `name`, or the first free one of `name2`, `name3`, ... The process whose mkdir succeeds owns it.
  /// Throws `TrainingError.runFolder` if the folder cannot be made.
  package init(making name: String) throws {
    // Without this, the number would follow the slash, and the folder would be made inside the taken one.
    let path = name.count > 1 && name.hasSuffix("/") ? String(name.reversed().drop { $0 == "/" }.reversed()) : name
    guard !path.isEmpty else { throw RunFolderError("\(setting: "out") '\(name)'", "name a folder") }
    // If the name is a device or a user's file, a numbered folder beside it would be a surprise.
    if let kind = try? FilePlace(path).kind, ![.missing, .folder].contains(kind) {
      throw RunFolderError("\(setting: "out") \(path)", "is no folder; name another one")
    }
    let parent = URL(filePath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    } catch {
      throw RunFolderError("\(parent.path)", "cannot be made; name another folder with \(setting: "out")")
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
    identity = FileIdentity(url.path)
    guard mkdir(weights.path, 0o777) == 0, FolderSync.wait(url.path) else {
      let error = Self.cannotBeMade(url.path)
      rmdir(weights.path)
      rmdir(url.path)
      throw error
    }
    // Sync all parents, so that a power cut cannot remove the folder: it is unknown which of them are new, and syncing
    // an old one is cheap. A failure here is ignored; if the disk is bad, the run's own files show it.
    var folder = url.standardizedFileURL
    for _ in folder.pathComponents.dropFirst() {
      folder.deleteLastPathComponent()
      _ = FolderSync.wait(folder.path)
    }
  }

  private static func cannotBeMade(_ path: String) -> RunFolderError {
    RunFolderError("\(path)", "cannot be made (\(FreeSpace.reason(path))); name another one with \(setting: "out")")
  }

  /// Throws a line that names the first difference between `record` and the data that the run started with. The line
  /// ends with `advice`.
  package func check(_ record: DataRecord, of dataset: Dataset, advice: String) throws {
    let path = dataset.configurationURL.path
    if FileManager.default.fileExists(atPath: data.path) {
      let own = try DataRecord(file: data.path)
      if let difference = own.difference(to: record) {
        throw CommandError("\(path): is other data than the run \(url.path) began with: \(difference); \(advice)")
      }
      guard let last = try? Checkpoint.newest(in: weights), let sum = last.dataSum, sum != own.sum else { return }
      throw CommandError(
        "\(last.path): was trained on other data than \(data.path) lists; put back the files of one run")
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

  /// Writes the record of the data that the run starts with, unless the file exists. Throws if it cannot be written.
  package func keep(_ record: DataRecord) throws {
    if FileManager.default.fileExists(atPath: data.path) { return }
    try FileWriter.replace(Data(record.text.utf8), at: data.path)
  }

  /// Writes args.yaml unless it already holds this text. The old file stays until the new one is complete. Throws if it
  /// cannot be written.
  package func keep(_ text: String) throws {
    if let old = try? Data(contentsOf: arguments), old == Data(text.utf8) { return }
    try FileWriter.replace(Data(text.utf8), at: arguments.path)
  }

  /// Removes this run's files if it has no weights: a run that failed before its first checkpoint leaves nothing
  /// useful. If other files are in the folder, it stays, and a line names them.
  package func removeWithoutWeights() {
    guard isInPlace, [bestWeights, lastWeights].allSatisfy({ !Self.exists($0) }), checkpointDate == nil else { return }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    for name in names where Self.signature(of: name)?.mayReplace(url.appending(path: name).path) == true {
      unlink(url.appending(path: name).path)
    }
    rmdir(weights.path)
    if rmdir(url.path) == 0 { return }
    let reason = String(cString: strerror(errno))
    let others = ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [])
      .filter { Self.signature(of: $0)?.mayReplace(url.appending(path: $0).path) != true }.sorted()
    let listed = others.prefix(5).joined(separator: ", ") + (others.count > 5 ? " and \(others.count - 5) more" : "")
    Terminal.say(
      others.isEmpty
        ? "\(url.path): could not be removed (\(reason)); it is useless"
        : "\(url.path): stays, because it holds what this run did not write: \(listed)")
  }

  private static func exists(_ url: URL) -> Bool {
    var status = stat()
    return lstat(url.path, &status) == 0
  }

  /// Signature of a file called `name` that a run writes before its first checkpoint; nil if it writes no such file.
  private static func signature(of name: String) -> FileSignature? {
    switch name {
    case "args.yaml": SettingsFile.signature
    case "data.csv": DataRecord.signature
    case "results.csv": ResultsCSV.signature
    case "telemetry.csv": TelemetryFile.signature
    case "labels.png": PictureMark.signature
    case _ where BatchPictures.trainingNames.contains(name): PictureMark.signature
    case _ where EventsFile.isName(name): EventsFile.signature
    default: nil
    }
  }

  /// Throws a line if the folder's files belong to different runs. `own` are the deciding settings of args.yaml; nil if
  /// that file is incomplete.
  package func checkOneRun(_ own: [String: String]?) throws {
    let last = try Checkpoint.newest(in: weights)
    if let own { try ResumeRules.check(own, of: arguments.path, with: last) }
    if Self.exists(bestWeights), let best = try? WeightsFile(path: bestWeights.path) {
      if let settings = best.settings { try ResumeRules.check(settings, of: best.path, with: last) }
      if let sum = best.dataSum, let known = last.dataSum, sum != known {
        throw CommandError(
          "\(best.path): is not of the run that wrote \(last.path): it was trained on other data; put it back, or move it away"
        )
      }
    }
    let progress = try last.progress
    guard let mark = progress.mark, Self.exists(results), let rows = try? ResultsCSV.read(results),
      let row = rows.first(where: { $0.epoch == progress.epoch })
    else { return }
    let losses = [row.boxLoss, row.classLoss, row.dflLoss]
    guard EpochMark.text(losses: losses, streamHash: row.streamHash) == mark else {
      throw CommandError(
        "\(results.path): is not of the run that wrote \(last.path): epoch \(row.epoch) has other losses or another stream; put it "
          + "back from a copy, or move it away: the run continues without the rows before")
    }
  }

  /// Prepares the weights folder for a resumed run before its first step: checks it, removes leftovers, and says if the
  /// best weights are missing. Throws if no checkpoint can be read or a user's file is in the way. This process must
  /// hold the run's lock.
  package func prepareWeights() throws {
    _ = try Checkpoint.newest(in: weights)
    try Checkpoint.checkPlaces(in: weights)
    UnfinishedFiles.removeLeftovers(in: weights.path)
    guard try Checkpoint.newest(in: weights).progress.epoch > 0 else { return }
    if !Self.exists(bestWeights) {
      Terminal.say("\(bestWeights.path): is missing; the next better epoch writes it")
    } else if (try? WeightsFile(path: bestWeights.path)) == nil {
      Terminal.say("\(bestWeights.path): is damaged; the next better epoch writes it again")
    }
  }

  /// The folder of a run, only to read; the run may still go on. Throws `TrainingError.runFolder` if it is not one.
  init(reading path: String) throws {
    self.init(url: URL(filePath: path, directoryHint: .isDirectory))
    guard FileManager.default.fileExists(atPath: arguments.path) else {
      throw RunFolderError("\(path)", "holds no args.yaml; give the folder of a run, as runs/train")
    }
  }

  /// The folder of a run to resume. Throws `TrainingError.runFolder` if it is not a run folder or has no checkpoint.
  package init(resuming path: String) throws {
    self.init(url: URL(filePath: path, directoryHint: .isDirectory))
    func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
    guard !path.isEmpty, exists(url) else {
      throw RunFolderError("\(setting: "resume") '\(path)'", "no such run folder")
    }
    guard exists(arguments), checkpointDate != nil else {
      throw RunFolderError(
        "\(path)",
        "holds no args.yaml with weights/last.safetensors; give the folder of a run to \(setting: "resume")")
    }
  }
}
