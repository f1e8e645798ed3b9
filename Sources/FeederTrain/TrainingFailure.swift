/// Why a training cannot begin or go on, in one line: the file or setting, the fault, the remedy. Settings have the names of
/// docs/settings.md in it.
public struct TrainingFailure: Error, CustomStringConvertible {
  /// The line.
  public let description: String

  init(_ error: any Error) { description = "\(error)" }
}
