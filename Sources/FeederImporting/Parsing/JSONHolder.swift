import CJSON
import FeederDatasets

/// Builds one small JSON value out of events.
struct JSONHolder {
  private(set) var isOpen = false
  /// The values and keys of all open containers, the innermost last, and the index at which each container begins.
  private var values: [JSONValue] = []
  private var keys: [String] = []
  private var begins: [(value: Int, key: Int)] = []
  private var numbers: [Double] = []
  private var byteCount = 0

  /// Begins a value.
  mutating func open() {
    isOpen = true
    byteCount = 0
  }

  /// The finished value.
  mutating func close() -> JSONValue {
    isOpen = false
    return values.popLast() ?? .null
  }

  /// Adds an event; true once the value is finished. Throws `DatasetError` if the value is larger than `isTooLarge` bytes or has a key
  /// twice.
  mutating func add(_ event: feeder_json_event, isTooLarge: Int, file: String) throws -> Bool {
    byteCount += 48 + event.length + event.count * 8
    guard byteCount <= isTooLarge else {
      throw DatasetError.source(file: file, line: nil, problem: "has one entry of more than \(isTooLarge >> 20) MB")
    }
    switch event.kind {
    case JSON_OBJECT, JSON_ARRAY: begins.append((values.count, keys.count))
    case JSON_KEY: keys.append(event.string)
    case JSON_ARRAY_END:
      guard let begin = begins.popLast() else { break }
      let array = JSONValue.array(Array(values[begin.value...]))
      values.removeLast(values.count - begin.value)
      values.append(array)
    case JSON_OBJECT_END:
      guard let begin = begins.popLast() else { break }
      try refuseRepeated(keys[begin.key...], file)
      let object = JSONValue.object(zip(keys[begin.key...], values[begin.value...]).map { ($0, $1) })
      keys.removeLast(keys.count - begin.key)
      values.removeLast(values.count - begin.value)
      values.append(object)
    case JSON_NUMBERS:
      numbers.append(contentsOf: event.numberList)
      guard !event.cut else { return false }
      values.append(.numbers(numbers))
      numbers.removeAll(keepingCapacity: numbers.count < 4096)
    case JSON_STRING: values.append(.string(event.string))
    case JSON_INTEGER: values.append(.integer(event.integer))
    case JSON_NUMBER: values.append(.number(event.numberList.first ?? 0))
    case JSON_TRUE: values.append(.bool(true))
    case JSON_FALSE: values.append(.bool(false))
    default: values.append(.null)
    }
    return begins.isEmpty
  }

  private func refuseRepeated(_ keys: ArraySlice<String>, _ file: String) throws {
    var repeated: String?
    if keys.count <= 16 {
      repeated = keys.indices.first { keys[..<$0].contains(keys[$0]) }.map { keys[$0] }
    } else if Set(keys).count < keys.count {
      repeated = Dictionary(grouping: keys) { $0 }.first { $0.value.count > 1 }?.key
    }
    guard let repeated else { return }
    throw DatasetError.source(
      file: file, line: nil, problem: "has the key '\(repeated.prefix(40))' twice in one object")
  }
}
