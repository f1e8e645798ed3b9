import ArgumentParser
import FeederCache
import FeederDatasets
import FeederReporting
import FeederRun
import FeederTraining
import FeederWeights
import Foundation

/// `feeder report`: writes the pictures and the report of a run again, from its files.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Validates the best weights of a run and writes its pictures and report.html.")

  @Argument(help: "The folder of a run.")
  var folder: String
  @Option(help: "The data, if it has moved: a data.yaml, or the folder that holds one.")
  var data: String?
  @Option(help: "auto, cpu or cuda:0. (default: as the run)")
  var device: String?
  @OptionGroup var costs: CostOptions
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  private struct Report: Encodable {
    let report: String
  }

  func run() throws {
    let record = try RunRecord(folder)
    sayGaps(of: record)
    var flags = ["ranks": "1"]
    if record["image_size"] == nil {
      flags["image_size"] = try? WeightsFile(path: record.folder.bestWeights.path).metadata["image_size"]
    }
    flags["device"] = device ?? record["device"]?.split(separator: ",").first.map(String.init)
    let arguments = try RunArguments(flags: flags, file: record.folder.arguments.path)
    let settings = try arguments.plan()
    guard let data = data ?? record["data"] else {
      throw CommandError("\(record.folder.arguments.path): names no data; give --data")
    }
    guard self.data != nil || FileManager.default.fileExists(atPath: data) else {
      throw CommandError(
        "\(data): the data of this run is missing; give its new place: feeder report "
          + "\(record.folder.url.path) --data DATA")
    }
    let options = SourceOptions(settings)
    if (try? Checkpoint.newest(in: record.folder.weights)) != nil {
      try record.folder.checkOneRun(record.argumentsGap == nil ? settings.deciding : nil)
    }
    let dataset = try Dataset.open(data, skipsBadLabels: settings.skipsBadLabels)
    let opener = SourceOpener(reporting: dataset, options)
    let (train, validation) = (try opener.open(.train), try opener.open(.val))
    try record.folder.check(
      DataRecord(classNames: dataset.classNames, [(split: .train, opened: train), (split: .val, opened: validation)]),
      of: dataset, advice: "name the run's data with --data, or judge these images with feeder val")
    var report = RunReport(
      record: record, settings: settings, dataset: dataset, train: train, validation: validation,
      memory: options.memory)
    report.costs = costs.both
    let interruption = Interruption()
    guard let accuracy = try report.write(isCancelled: { interruption.cancellation.isCancelled }) else {
      Terminal.say("feeder: interrupted; nothing is written")
      throw QuietEnd(status: Interruption.exitStatus)
    }
    try Terminal.show(
      accuracy.lines + ["report: \(record.folder.report.path)"], json: json,
      Report(report: record.folder.report.path))
  }

  /// Prints what the run's files lack. The report is written from what is there.
  private func sayGaps(of record: RunRecord) {
    if let gap = record.argumentsGap {
      Terminal.say("warning: \(record.folder.arguments.path): \(gap); missing settings take their defaults")
    }
    guard let done = try? Checkpoint.newest(in: record.folder.weights).epochsDone else { return }
    let last = record.epochs.last?.epoch ?? 0
    if last < done {
      Terminal.say("warning: \(record.folder.results.path): ends with epoch \(last), and the run has done \(done)")
    }
  }
}
