/// One setting of `Values`: its name, what it is for, what it may be, and how it is read from text and written as text.
package struct Setting<Values>: Sendable {
  /// The name: the key in a YAML file, and with dashes the flag.
  package let key: String
  /// What it is for, in a sentence.
  package let help: String
  /// What it may be, in words that follow "give".
  package let allowed: SettingLine
  /// Why a run that goes on may change it; nil if it decides what the run computes.
  package let mayChange: String?
  /// True for a flag without a value.
  package let isSwitch: Bool
  /// True for the path of a file or folder.
  package let isPath: Bool
  /// The default in words, if no value says it.
  private let defaultWords: String?
  private let parse: @Sendable (String, inout Values) throws -> Bool
  private let write: @Sendable (Values) -> String?
  private let allows: @Sendable (Values) -> Bool

  /// A setting that lies at `path` of the values.
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

  /// The same setting of the values that hold these at `path`.
  package func inside<Outer>(_ path: any WritableKeyPath<Outer, Values> & Sendable) -> Setting<Outer> {
    Setting<Outer>(self, path)
  }

  /// Takes the value that `text` gives. Throws `SettingError` if it is no value of this setting; its range is for `check`.
  package func read(_ text: String, into values: inout Values) throws {
    if try !parse(text, &values) { throw SettingError(refusal(text)) }
  }

  /// The value as text, as `read` takes it; nil for none.
  package func text(_ values: Values) -> String? { write(values) }

  /// Throws `SettingError` for a value out of its range.
  package func check(_ values: Values) throws {
    if !allows(values) { throw SettingError(refusal(write(values) ?? "")) }
  }

  private func refusal(_ text: String) -> SettingLine {
    "\(setting: key) \(text.isEmpty ? "''" : text): give \(allowed)"
  }

  /// The default in words, from the values' own; nil for a switch, and if there is none.
  package func standard(_ defaults: Values) -> String? {
    isSwitch ? nil : defaultWords ?? write(defaults).map(SettingKind<Double>.short)
  }

  /// What the help says: what it is for, and its default.
  package func helpLine(_ defaults: Values) -> String {
    help + (standard(defaults).map { " (default: \($0))" } ?? "")
  }
}

/// How values of one kind are read, written and checked.
package struct SettingKind<Value>: Sendable {
  /// What a value may be, in words that follow "give".
  package let allowed: SettingLine
  let parse: @Sendable (String) throws -> Value?
  let text: @Sendable (Value) -> String?
  let allows: @Sendable (Value) -> Bool
  var isSwitch = false
  var isPath = false

  /// A kind of its own. `parse` gives nil for what is no value.
  package init(
    _ allowed: SettingLine, parse: @escaping @Sendable (String) throws -> Value?,
    text: @escaping @Sendable (Value) -> String? = { "\($0)" },
    allows: @escaping @Sendable (Value) -> Bool = { _ in true }
  ) {
    (self.allowed, self.parse, self.text, self.allows) = (allowed, parse, text, allows)
  }

  /// A value of this kind or none. `word` is the text for none; nil if no text says it.
  package func optional(_ word: String? = nil) -> SettingKind<Value?> {
    SettingKind<Value?>(
      allowed, parse: { text in word != nil && text.lowercased() == word ? .some(nil) : try parse(text).map { $0 } },
      text: { $0.flatMap(text) ?? word }, allows: { $0.map(allows) ?? true })
  }

  /// The same with other words about what a value may be.
  package func words(_ allowed: SettingLine) -> SettingKind {
    SettingKind(allowed, parse: parse, text: text, allows: allows)
  }

  /// A number without the point that only shows its type: `3` for `3.0`.
  static func short(_ text: String) -> String { text.hasSuffix(".0") ? String(text.dropLast(2)) : text }
}

extension SettingKind where Value: LosslessStringConvertible & Comparable & SendableMetatype & Sendable {
  /// A number with words and a rule of its own.
  package static func number(_ allowed: SettingLine, _ allows: @escaping @Sendable (Value) -> Bool) -> SettingKind {
    SettingKind(allowed, parse: { Value($0) ?? Value($0.lowercased()) }, allows: allows)
  }

  /// A number of `unit` in `range`.
  package static func range(_ range: ClosedRange<Value>, _ unit: String = "") -> SettingKind {
    number(SettingLine(words(range) + (unit.isEmpty ? "" : " " + unit))) { range.contains($0) }
  }

  /// A share in `range`.
  package static func share(_ range: ClosedRange<Value>) -> SettingKind {
    number(SettingLine("a share from " + words(range))) { range.contains($0) }
  }

  private static func words(_ range: ClosedRange<Value>) -> String {
    "\(short("\(range.lowerBound)")) to \(short("\(range.upperBound)"))"
  }
}

extension SettingKind where Value: RawRepresentable<String> & CaseIterable & SendableMetatype {
  /// One of the type's cases.
  package static var choice: SettingKind {
    SettingKind(
      SettingLine("one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")),
      parse: { Value(rawValue: $0.lowercased()) }, text: { $0.rawValue })
  }
}

extension SettingKind<Bool> {
  /// True or false, given by name.
  package static var truth: SettingKind { SettingKind("true or false", parse: { Bool($0.lowercased()) }) }

  /// False, and true if the flag is given.
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
