import ArgumentParser
import FeederCore

extension SettingKind {
  /// Throws `ValidationError` if `value` is out of range for the flag of the setting `key`; nil is a flag that was not given.
  func validate(_ value: Value?, _ key: String) throws {
    guard let value else { return }
    do { try check(value, key) } catch let error as SettingError { throw ValidationError(error.line.flags) }
  }
}
