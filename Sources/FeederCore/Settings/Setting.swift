/// One setting of `Values`: its name, purpose and permitted values, and how it is read from text and written as text.
package struct Setting<Values>: Sendable {
  /// The name: the key in a YAML file. With dashes it is the flag.
  package let key: String
  /// The purpose, in one sentence for the help.
  package let help: String
  /// The permitted values, in words that follow "give".
  package let allowed: SettingLine
  /// The reason why a resumed run may change the setting; nil if it may not, because the setting decides the run's
  /// results.
  package let mayChange: String?
  /// True for a flag without a value.
  package let isSwitch: Bool
  /// True for the path of a file or folder.
  package let isPath: Bool
  /// The default in words, for settings whose default is not one value.
  private let defaultWords: String?
  private let parse: @Sendable (String, inout Values) throws -> Bool
  private let write: @Sendable (Values) -> String?
  private let allows: @Sendable (Values) -> Bool

  /// A setting that is stored at `path` of the values. `words` is the default in words, if it is not one value.
  package init<Value>(
    _ key: String, _ path: any WritableKeyPath<Values, Value> & Sendable, _ kind: SettingKind<Value>,
    default words: String? = nil, mayChange: String? = nil, help: String = ""
  ) {
    self.key = key
    self.help = help
    self.mayChange = mayChange
    (allowed, isSwitch, isPath, defaultWords) = (kind.allowed, kind.isSwitch, kind.isPath, words)
    parse = { text, values in
      guard let value = try kind.parse(text) else { return false }
      values[keyPath: path] = value
      return true
    }
    write = { kind.text($0[keyPath: path]) }
    allows = { kind.allows($0[keyPath: path]) }
  }

  private init<Inner>(_ inner: Setting<Inner>, _ path: any WritableKeyPath<Values, Inner> & Sendable) {
    (key, help, mayChange, allowed) = (inner.key, inner.help, inner.mayChange, inner.allowed)
    (isSwitch, isPath, defaultWords) = (inner.isSwitch, inner.isPath, inner.defaultWords)
    parse = { try inner.parse($0, &$1[keyPath: path]) }
    write = { inner.write($0[keyPath: path]) }
    allows = { inner.allows($0[keyPath: path]) }
  }

  /// The same setting for values that hold these values at `path`.
  package func inside<Outer>(_ path: any WritableKeyPath<Outer, Values> & Sendable) -> Setting<Outer> {
    Setting<Outer>(self, path)
  }

  /// Reads `text` into `values`. Throws `SettingError` if `text` is no value of this kind; `check` tests the range.
  package func read(_ text: String, into values: inout Values) throws {
    if try !parse(text, &values) { throw SettingError(refusal(text)) }
  }

  /// The value as text that `read` accepts; nil if the setting has no value.
  package func text(_ values: Values) -> String? { write(values) }

  /// Throws `SettingError` if the value is out of its range.
  package func check(_ values: Values) throws {
    if !allows(values) { throw SettingError(refusal(write(values) ?? "")) }
  }

  private func refusal(_ text: String) -> SettingLine {
    "\(setting: key) \(text.isEmpty ? "''" : text): give \(allowed)"
  }

  /// The default in words, taken from `defaults` if no words are set. Nil for a switch, and if there is no default.
  package func standard(_ defaults: Values) -> String? {
    isSwitch ? nil : defaultWords ?? write(defaults).map(SettingKind<Double>.short)
  }

  /// The help text: the purpose, then the default.
  package func helpLine(_ defaults: Values) -> String {
    help + (standard(defaults).map { " (default: \($0))" } ?? "")
  }
}

/// The way to read, write and check values of one kind.
package struct SettingKind<Value>: Sendable {
  /// The permitted values, in words that follow "give".
  package let allowed: SettingLine
  let parse: @Sendable (String) throws -> Value?
  let text: @Sendable (Value) -> String?
  let allows: @Sendable (Value) -> Bool
  var isSwitch = false
  var isPath = false

  /// A kind with its own functions. `parse` gives nil if the text is no value; `text` gives nil if there is no value;
  /// `allows` is the range check.
  package init(
    _ allowed: SettingLine, parse: @escaping @Sendable (String) throws -> Value?,
    text: @escaping @Sendable (Value) -> String? = { "\($0)" },
    allows: @escaping @Sendable (Value) -> Bool = { _ in true }
  ) {
    (self.allowed, self.parse, self.text, self.allows) = (allowed, parse, text, allows)
  }

  /// Throws `SettingError` if `value` is out of the range of the setting `key`.
  package func check(_ value: Value, _ key: String) throws {
    if !allows(value) { throw SettingError("\(setting: key) \(text(value) ?? ""): give \(allowed)") }
  }

  /// The same kind, but a value may be absent. `word` is the text for that; nil if no text means it.
  package func optional(_ word: String? = nil) -> SettingKind<Value?> {
    SettingKind<Value?>(
      allowed, parse: { text in word != nil && text.lowercased() == word ? .some(nil) : try parse(text).map { $0 } },
      text: { $0.flatMap(text) ?? word }, allows: { $0.map(allows) ?? true })
  }

  /// The same kind with other words for the permitted values.
  package func words(_ allowed: SettingLine) -> SettingKind {
    SettingKind(allowed, parse: parse, text: text, allows: allows)
  }

  /// A number without the ".0" that only shows its type: `3` for `3.0`.
  static func short(_ text: String) -> String { text.hasSuffix(".0") ? String(text.dropLast(2)) : text }
}

extension SettingKind where Value: LosslessStringConvertible & Comparable & SendableMetatype & Sendable {
  /// A number that `allows` checks. `allowed` are the words for its range.
  package static func number(_ allowed: SettingLine, _ allows: @escaping @Sendable (Value) -> Bool) -> SettingKind {
    SettingKind(allowed, parse: { Value($0) ?? Value($0.lowercased()) }, allows: allows)
  }

  /// A number of `unit` from `range`.
  package static func range(_ range: ClosedRange<Value>, _ unit: String = "") -> SettingKind {
    number(SettingLine(words(range) + (unit.isEmpty ? "" : " " + unit))) { range.contains($0) }
  }

  /// A share from `range`.
  package static func share(_ range: ClosedRange<Value>) -> SettingKind {
    number(SettingLine("a share from " + words(range))) { range.contains($0) }
  }

  private static func words(_ range: ClosedRange<Value>) -> String {
    "\(short("\(range.lowerBound)")) to \(short("\(range.upperBound)"))"
  }
}

extension SettingKind where Value: RawRepresentable<String> & CaseIterable & SendableMetatype {
  /// One case of the type, read without regard to upper case.
  package static var choice: SettingKind {
    SettingKind(
      SettingLine("one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")),
      parse: { Value(rawValue: $0.lowercased()) }, text: { $0.rawValue })
  }
}

extension SettingKind<Bool> {
  /// "true" or "false".
  package static var truth: SettingKind { SettingKind("true or false", parse: { Bool($0.lowercased()) }) }

  /// A switch: false by default, true if the flag is given.
  package static var flag: SettingKind {
    var kind = truth
    kind.isSwitch = true
    return kind
  }
}

extension SettingKind<String?> {
  /// The path of a file or folder, or none.
  package static var path: SettingKind {
    var kind = SettingKind("a path", parse: { .some($0) }, text: { $0 })
    kind.isPath = true
    return kind
  }
}
