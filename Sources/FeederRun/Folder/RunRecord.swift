import FeederMetrics
import FeederReporting
import Foundation
import Yams

/// What a run has written so far, read back for people. Its files are not trusted: a user may have changed them.
package struct RunRecord {
  /// The folder.
  package let folder: RunFolder
  /// The settings of args.yaml, in the file's order.
  let arguments: [(key: String, value: String)]
  /// Why args.yaml is not complete; nil if it is.
  package let argumentsGap: String?
  /// The rows of results.csv.
  package let epochs: [EpochRow]
  /// The rows of telemetry.csv; empty if the run has none.
  let telemetry: [TelemetryRow]

  /// Reads the run in `path`. Throws a line if it is not a run folder or if one of its files is damaged.
  package init(_ path: String) throws {
    folder = try RunFolder(reading: path)
    let file = try SettingsFile(folder.arguments.path)
    arguments = file.settings.map { ($0.key, $0.value ?? "") }
    argumentsGap = file.gap
    func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
    epochs = exists(folder.results) ? try ResultsCSV.read(folder.results) : []
    telemetry = exists(folder.telemetry) ? try TelemetryFile.rows(of: folder.telemetry) : []
  }

  /// The value of a key of args.yaml; nil if it is not there.
  package subscript(key: String) -> String? { arguments.first { $0.key == key }?.value }

  /// The epoch with the best weights, by the rule that chooses them. If several are equal, the first.
  var best: EpochRow? {
    epochs.reduce(nil) { best, row in best.map { Self.fitness(row) > Self.fitness($0) ? row : $0 } ?? row }
  }

  private static func fitness(_ row: EpochRow) -> Double {
    Accuracy.fitness(map50: row.map50, map50_95: row.map50_95)
  }
}
