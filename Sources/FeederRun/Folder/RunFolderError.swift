import FeederCore

/// A run folder that cannot be made, read, resumed or locked. The line names the place, the fault and the remedy.
package struct RunFolderError: SettingsError {
  /// One line.
  package let line: SettingLine

  /// The fault `reason` of the folder or file at `place`, which may begin with the setting that names it.
  init(_ place: SettingLine, _ reason: SettingLine) { line = "\(place): \(reason)" }
}
