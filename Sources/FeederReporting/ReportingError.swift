/// A fault of a file that this room reads or writes. The description is one line with the file and a remedy.
package enum ReportingError: Error, Equatable, CustomStringConvertible {
  /// A predictions file. `entry` counts from 0; it is nil if the whole file is wrong.
  case predictions(file: String, entry: Int?, problem: String)
  /// A results.csv or telemetry.csv that cannot be read or continued.
  case results(file: String, line: Int, problem: String)
  /// A file that cannot be read, with the system's reason.
  case unreadable(file: String, reason: String)
  /// A file that cannot be written, with the system's reason.
  case unwritable(file: String, reason: String)
  /// A chart that cannot be drawn, with the reason.
  case undrawable(reason: String)

  /// The line for the user.
  package var description: String {
    switch self {
    case .predictions(let file, let entry?, let problem): "\(file), entry \(entry) (counted from 0): \(problem)"
    case .predictions(let file, nil, let problem): "\(file): \(problem)"
    case .results(let file, let line, let problem): "\(file), line \(line): \(problem)"
    case .unreadable(let file, let reason): "\(file): cannot be read (\(reason))"
    case .unwritable(let file, let reason): "\(file): cannot be written (\(reason))"
    case .undrawable(let reason): "a picture cannot be drawn (\(reason))"
    }
  }
}
