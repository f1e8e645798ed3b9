/// A small part of an XML file: an element with everything inside. Whole files of many images are never held.
struct XMLElement: Sendable, Equatable {
  /// Its name.
  let name: String
  /// Its attributes by name.
  let attributes: [String: String]
  /// The line that it begins on, counted from 1.
  let line: Int
  /// The elements inside, in their order.
  var children: [XMLElement] = []
  /// The text that stands directly inside, in one piece.
  var text = ""

  /// The first element inside of that name.
  func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// The elements inside of that name.
  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  /// The first element on a way of names.
  func child(at path: String...) -> XMLElement? {
    var element: XMLElement? = self
    for name in path { element = element?.child(name) }
    return element
  }

  /// Its text without blanks around it.
  var trimmed: String { ClassTable.trimmed(text) }

  /// An attribute as a finite number; nil if there is none.
  func number(_ attribute: String) -> Double? { attributes[attribute].flatMap(XMLElement.number) }

  /// A text as a whole number from 0 to a thousand million; nil if it is none.
  static func whole(_ text: String) -> Int? {
    number(text).flatMap { (0...1e9).contains($0) ? Int(exactly: $0) : nil }
  }

  /// A text as a finite number; nil if it is none.
  static func number(_ text: String) -> Double? {
    let trimmed = ClassTable.trimmed(text)
    // Swift also reads hexadecimal, "nan" and "infinity"; a label has none of them.
    guard !trimmed.isEmpty, trimmed.utf8.count < 64,
      trimmed.utf8.allSatisfy({ (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x65, 0x45].contains($0) }),
      let value = Double(trimmed), value.isFinite
    else { return nil }
    return value
  }
}
