import CJSON

extension feeder_json_event {
  /// The text of a key or a string.
  var string: String {
    guard let text else { return "" }
    return String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
  }

  /// The numbers of a number or of a piece of an array.
  var numberList: UnsafeBufferPointer<Double> { UnsafeBufferPointer(start: numbers, count: count) }

  /// True for a key of an object.
  var isKey: Bool { kind == JSON_KEY }
}
