import FeederMetrics
import FeederReporting
import Foundation
import Yams

/// What a run has written until now, read back for people. Nothing in it is trusted: a file may be anyone's.
package struct RunRecord {
  /// The folder.
  package let folder: RunFolder
  /// args.yaml, in its order.
  let arguments: [(key: String, value: String)]
  /// Why args.yaml is not whole; nil if it is.
  package let argumentsGap: String?
  /// results.csv.
  package let epochs: [EpochRow]
  /// telemetry.csv; empty where a run has none.
  let telemetry: [TelemetryRow]

  /// Reads the run in `path`. Throws a line where that is none.
  package init(_ path: String) throws {
    folder = try RunFolder(reading: path)
    let file = try SettingsFile(folder.arguments.path)
    arguments = file.settings.map { ($0.key, $0.value ?? "") }
    argumentsGap = file.gap
    func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
    epochs = exists(folder.results) ? try ResultsCSV.read(folder.results) : []
    telemetry = exists(folder.telemetry) ? try TelemetryFile.rows(of: folder.telemetry) : []
  }

  /// A value of args.yaml.
  package subscript(key: String) -> String? { arguments.first { $0.key == key }?.value }

  /// The epoch whose weights are the best, by the rule that chooses them: of equal ones the first.
  var best: EpochRow? {
    epochs.reduce(nil) { best, row in best.map { Self.fitness(row) > Self.fitness($0) ? row : $0 } ?? row }
  }

  private static func fitness(_ row: EpochRow) -> Double {
    Accuracy.fitness(map50: row.map50, map50_95: row.map50_95)
  }
}
