import FeederCore

/// A weights file that cannot be used, or cannot be written. Each line says which file, the fault, and the remedy.
package enum WeightsError: SettingsError {
  /// A file that cannot be read, or does not fit the network or the data.
  case unusable(file: String, reason: SettingLine)
  /// Something lies at the place of weights that this program did not write.
  case occupied(path: String, reason: String)
  /// A file that cannot be written.
  case write(path: String, reason: String)

  /// One line.
  package var line: SettingLine {
    switch self {
    case .unusable(let file, let reason): "\(file): \(reason)"
    case .occupied(let path, let reason): "\(path): \(reason)"
    case .write(let path, let reason): "cannot write \(path): \(reason)"
    }
  }
}
