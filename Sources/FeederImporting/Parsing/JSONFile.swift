import CJSON
import FeederDatasets
import Foundation

/// A JSON file read piece by piece. The reader says of each value whether it is taken, looked into or passed over; only values that are
/// taken are held, one at a time.
final class JSONFile {
  /// What to do with a value.
  enum Choice {
    /// Look into it: each value inside is asked about. An array of numbers alone is passed over.
    case enter
    /// Hold it and give it to `take`.
    case take
    /// Pass over it.
    case skip
    /// Read no more of the file.
    case end
  }

  /// Deepest nesting; label files have some ten levels.
  static let deepest = 64
  /// Longest text that is kept. Longer ones, such as an image in base64, are cut unread.
  static let longestText = 1 << 20
  /// Bytes that one value that is taken may hold.
  private static let largestValue = 256 << 20
  private static let pieceSize = 1 << 18

  private let path: String
  private let choose: (JSONPath) throws -> Choice
  private let take: (JSONPath, JSONValue) throws -> Bool

  private var place = JSONPath()
  /// Of each container that is looked into: true for an array; how many values it had, and its keys.
  private var entered: [(isArray: Bool, count: Int, keys: Set<String>)] = []
  /// Depth inside of a value that is passed over or held; 0 outside.
  private var skipDepth = 0
  private var holder = JSONHolder()
  private var failure: (any Error)?
  private var hasEnded = false
  /// True between the pieces of one array of numbers that is passed over.
  private var isWithinNumbers = false

  private init(
    _ path: String, choose: @escaping (JSONPath) throws -> Choice,
    take: @escaping (JSONPath, JSONValue) throws -> Bool
  ) {
    self.path = path
    self.choose = choose
    self.take = take
  }

  /// Reads the file at `path`, at most the first `limit` bytes of it. `choose` is asked about the text's value, then about each value
  /// inside of those that are entered; `take` gets the values that are taken and says whether to go on. Throws `DatasetError` with the
  /// line for what is no JSON, and what `choose` and `take` throw.
  static func read(
    _ path: String, limit: Int = .max, choose: (JSONPath) throws -> Choice, take: (JSONPath, JSONValue) throws -> Bool
  ) throws {
    try withoutActuallyEscaping(choose) { choose in
      try withoutActuallyEscaping(take) { take in
        try JSONFile(path, choose: choose, take: take).parse(limit: limit)
      }
    }
  }

  private func parse(limit: Int) throws {
    let context = Unmanaged.passUnretained(self).toOpaque()
    let handler: feeder_json_handler = { context, event in
      guard let context, let event else { return false }
      return Unmanaged<JSONFile>.fromOpaque(context).takeUnretainedValue().take(event.pointee)
    }
    guard let parser = feeder_json_make(handler, context, Self.deepest, Self.longestText) else { throw noMemory }
    defer { feeder_json_free(parser) }
    let pieces = try FilePieces(path, size: Self.pieceSize)
    var rest = limit
    var isFirst = true
    while true {
      var piece = try pieces.next()
      let isLast = piece.isEmpty
      if isFirst {
        let start = Array(piece.prefix(4))
        guard !TextBytes.isUTF16(start) else {
          throw DatasetError.source(file: path, line: nil, problem: "is UTF-16; save it as UTF-8")
        }
        piece = UnsafeRawBufferPointer(rebasing: piece.dropFirst(TextBytes.markCount(start)))
        isFirst = false
      }
      piece = UnsafeRawBufferPointer(rebasing: piece.prefix(rest))
      let status = feeder_json_feed(parser, piece.baseAddress?.assumingMemoryBound(to: CChar.self), piece.count, isLast)
      rest -= piece.count
      if let failure { throw failure }
      switch status {
      case JSON_GOOD:
        if isLast || rest == 0 { return }
      case JSON_ENDED: return
      case JSON_NO_MEMORY: throw noMemory
      default:
        throw DatasetError.source(
          file: path, line: feeder_json_line(parser),
          problem: "is not JSON: \(Self.words[String(cString: feeder_json_reason(parser))] ?? "it has a fault")")
      }
    }
  }

  private var noMemory: DatasetError { .unreadable(file: path, reason: "memory is short") }

  /// Boost's reasons in words for people.
  private static let words = [
    "syntax error": "a character that is not allowed here (JSON has no NaN, no comments and no single quotes)",
    "extra data": "more text follows its end",
    "incomplete JSON": "the file is cut off",
    "too deep": "it nests more than \(deepest) levels deep",
    "illegal leading surrogate": "a text has half a character",
    "illegal trailing surrogate": "a text has half a character",
    "expected utf16 escape": "a text has half a character",
    "expected quotes": "a quote is missing",
    "exponent overflow": "a number is too large",
    "not a number": "a list mixes numbers and other values",
  ]

  // MARK: - Events

  private func take(_ event: feeder_json_event) -> Bool {
    do {
      try handle(event)
      return !hasEnded
    } catch {
      failure = error
      return false
    }
  }

  private func handle(_ event: feeder_json_event) throws {
    if holder.isOpen {
      guard try holder.add(event, isTooLarge: Self.largestValue, file: path) else { return }
      try give(holder.close())
      return
    }
    switch event.kind {
    case JSON_KEY where skipDepth == 0: try beginMember(event)
    case JSON_OBJECT, JSON_ARRAY:
      if skipDepth > 0 {
        skipDepth += 1
      } else {
        try begin(event)
      }
    case JSON_OBJECT_END, JSON_ARRAY_END:
      if skipDepth > 0 {
        skipDepth -= 1
      } else {
        _ = entered.popLast()
      }
      if skipDepth == 0 { endValue() }
    default:
      guard skipDepth == 0, !event.isKey else { return }
      try scalar(event)
    }
  }

  /// Begins an object or an array that stands where values are asked about.
  private func begin(_ event: feeder_json_event) throws {
    beginPlace()
    switch try choose(place) {
    case .enter: entered.append((event.kind == JSON_ARRAY, 0, []))
    case .skip: skipDepth = 1
    case .end: hasEnded = true
    case .take:
      holder.open()
      _ = try holder.add(event, isTooLarge: Self.largestValue, file: path)
    }
  }

  private func scalar(_ event: feeder_json_event) throws {
    if !isWithinNumbers {
      beginPlace()
      switch try choose(place) {
      case .take:
        holder.open()
        if try holder.add(event, isTooLarge: Self.largestValue, file: path) { try give(holder.close()) }
        return
      case .end: hasEnded = true
      case .enter, .skip: break
      }
    }
    isWithinNumbers = event.kind == JSON_NUMBERS && event.cut
    if !isWithinNumbers { endValue() }
  }

  private func give(_ value: JSONValue) throws {
    if try !take(place, value) { hasEnded = true }
    endValue()
  }

  private func beginMember(_ event: feeder_json_event) throws {
    let key = event.string
    let last = entered.count - 1
    guard last >= 0 else { return }
    // Beyond some thousand keys they are names of images, and these are compared elsewhere.
    if entered[last].keys.count < 4096, !entered[last].keys.insert(key).inserted {
      throw DatasetError.source(file: path, line: nil, problem: "has the key '\(key.prefix(40))' twice in one object")
    }
    place.steps.append(.key(key))
  }

  /// Adds the place of a value of an array to the path; a member's key is there already.
  private func beginPlace() {
    guard let last = entered.indices.last, entered[last].isArray else { return }
    place.steps.append(.place(entered[last].count))
    entered[last].count += 1
  }

  /// Takes the last step back after a value.
  private func endValue() { _ = place.steps.popLast() }
}
