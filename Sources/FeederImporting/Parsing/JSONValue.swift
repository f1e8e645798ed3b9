/// A small JSON value: one annotation, one shape, one image. Whole files are never held as values.
enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  /// An array of numbers alone, or an empty one.
  case numbers([Double])
  case array([JSONValue])
  /// Members in the order of the text; no key stands twice.
  case object([(key: String, value: JSONValue)])

  static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.numbers(let a), .numbers(let b)): a == b
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
    default: false
    }
  }

  /// The member of an object; nil if it has none of that key, or is no object.
  subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    for member in members where member.key == key { return member.value }
    return nil
  }

  /// The number; nil for anything else.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The whole number, also if it is written as `3.0`; nil for anything else.
  var wholeNumber: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// The string; nil for anything else.
  var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The elements of an array; nil for anything else.
  var elements: [JSONValue]? {
    switch self {
    case .array(let values): values
    case .numbers(let numbers): numbers.map { .number($0) }
    default: nil
    }
  }

  /// The numbers of an array that holds nothing else; nil for anything else.
  var numberList: [Double]? {
    if case .numbers(let numbers) = self { numbers } else { nil }
  }

  /// The members of an object; nil for anything else.
  var members: [(key: String, value: JSONValue)]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// True for a number or a text that says yes: `1`, `true`, `"1"`.
  var isTrue: Bool {
    switch self {
    case .bool(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .string(let text): ["1", "true", "True"].contains(text)
    default: false
    }
  }

  /// The points of `[[x, y], ...]` or `[x, y, x, y, ...]`, one after the other; nil if it is neither.
  var flatPoints: [Double]? {
    if let numbers = numberList { return numbers.count % 2 == 0 ? numbers : nil }
    guard case .array(let values) = self else { return nil }
    var points: [Double] = []
    for value in values {
      guard let pair = value.numberList, pair.count == 2 else { return nil }
      points += pair
    }
    return points
  }
}
