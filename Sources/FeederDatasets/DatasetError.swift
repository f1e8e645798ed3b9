import FeederCore

/// A fault of a data set: one line that names the file, the line in it if there is one, and the remedy.
package enum DatasetError: SettingsError, Equatable {
  /// A data.yaml that does not describe a data set.
  case configuration(file: String, line: Int?, problem: String)
  /// Lines of label files that give no object: how many in how many files, and the first of them with file and line.
  case labels(count: Int, fileCount: Int, first: [String])
  /// A file that a source lists or should have, and that is not as it must be.
  case source(file: String, line: Int?, problem: String)
  /// Images of a split that cannot be used as they lie.
  case images(folder: String, problem: String)
  /// Label files of a split that belong to no image.
  case labelFiles(folder: String, problem: SettingLine)
  /// A file that cannot be read, with the system's reason.
  case unreadable(file: String, reason: String)
  /// Images that do not decode, a line each with file and reason.
  case unreadableImages([String])
  /// A place that cannot be written to.
  case output(path: String, problem: String)
  /// Somebody asked to stop; nothing is left behind.
  case cancelled

  /// The line that a person reads.
  package var line: SettingLine {
    switch self {
    case .configuration(let file, let line, let problem), .source(let file, let line, let problem):
      "\(Self.place(file, line)): \(problem)"
    case .labels(1, _, let first):
      "\(first.first ?? "") (correct it, or leave bad label lines out with \(setting: "skip_bad_labels"))"
    case .labels(let count, let fileCount, let first):
      "\(count) bad label lines in \(fileCount) \(fileCount == 1 ? "file" : "files"), the first in \(first.first ?? "") "
        + "(correct them, or leave them out with \(setting: "skip_bad_labels"))"
    case .images(let folder, let problem): "\(folder): \(problem)"
    case .labelFiles(let folder, let problem): "\(folder): \(problem)"
    case .unreadable(let file, let reason): "\(file): cannot be read (\(reason))"
    case .unreadableImages(let lines):
      "\(lines.count) unreadable \(lines.count == 1 ? "image" : "images"): \(lines.prefix(5).joined(separator: "; "))"
        + "\(lines.count > 5 ? "; and \(lines.count - 5) more" : "") "
        + "(mend them, or leave them out with \(setting: "skip_unreadable"))"
    case .output(let path, let problem): "\(path): \(problem)"
    case .cancelled: "stopped; nothing was written"
    }
  }

  /// The lines that a command prints before `line`, if one line cannot hold all.
  package var details: [String] {
    switch self {
    case .labels(let count, _, let first) where count > 1:
      first.map { "bad label: " + $0 }
        + (count > first.count ? ["and \(count - first.count) more bad label lines"] : [])
    case .unreadableImages(let lines): lines.map { "unreadable: " + $0 }
    default: []
    }
  }

  /// The error for these findings.
  package static func labels(_ findings: DatasetFindings) -> DatasetError {
    .labels(count: findings.badLines.count, fileCount: findings.badFileCount, first: findings.badLines.first)
  }

  private static func place(_ file: String, _ line: Int?) -> String {
    line.map { "\(file), line \($0)" } ?? file
  }
}

extension Cancellation {
  /// Throws `DatasetError.cancelled` once it is set.
  package func check() throws {
    if isCancelled { throw DatasetError.cancelled }
  }
}
