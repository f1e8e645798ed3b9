import CExpat
import FeederDatasets
import Foundation

/// An XML file read piece by piece. The reader says of each element whether it is taken, looked into or passed over; only elements that
/// are taken are held, one at a time. A file that declares entities is refused: nothing is expanded, nothing else is opened.
final class XMLFile {
  /// What to do with an element.
  enum Choice {
    /// Look into it: each element inside is asked about. Its text is passed over.
    case enter
    /// Hold it and give it to `take`.
    case take
    /// Pass over it.
    case skip
    /// Read no more of the file.
    case end
  }

  /// Deepest nesting; label files have some ten levels.
  private static let deepest = 64
  /// Bytes that one element that is taken may hold.
  private static let largestElement = 64 << 20
  private static let pieceSize = 1 << 18

  private let path: String
  private let parser: OpaquePointer
  private let choose: ([String]) throws -> Choice
  private let take: ([String], XMLElement) throws -> Bool

  private var names: [String] = []
  private var skipDepth = 0
  /// The elements that are held and not finished, the innermost last.
  private var open: [XMLElement] = []
  private var byteCount = 0
  private var failure: (any Error)?
  private var hasEnded = false

  private init(
    _ path: String, choose: @escaping ([String]) throws -> Choice,
    take: @escaping ([String], XMLElement) throws -> Bool
  ) throws {
    self.path = path
    self.choose = choose
    self.take = take
    guard let parser = XML_ParserCreate(nil) else {
      throw DatasetError.unreadable(file: path, reason: "memory is short")
    }
    self.parser = parser
  }

  deinit { XML_ParserFree(parser) }

  /// Reads the file at `path`, at most the first `limit` bytes of it. `choose` is asked about the root element, then about each element
  /// inside of those that are entered, by the names from the root on; `take` gets the elements that are taken and says whether to go
  /// on. Throws `DatasetError` with the line for what is no XML, and what `choose` and `take` throw.
  static func read(
    _ path: String, limit: Int = .max, choose: ([String]) throws -> Choice, take: ([String], XMLElement) throws -> Bool
  ) throws {
    try withoutActuallyEscaping(choose) { choose in
      try withoutActuallyEscaping(take) { take in
        try XMLFile(path, choose: choose, take: take).parse(limit: limit)
      }
    }
  }

  private func parse(limit: Int) throws {
    XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
    XML_SetElementHandler(
      parser,
      { context, name, attributes in XMLFile.of(context)?.guarded { try $0.begin(name, attributes) } },
      { context, _ in XMLFile.of(context)?.guarded { try $0.end() } })
    XML_SetCharacterDataHandler(parser) { context, text, count in
      XMLFile.of(context)?.guarded { try $0.add(text, Int(count)) }
    }
    XML_SetEntityDeclHandler(parser) { context, name, _, _, _, _, _, _, _ in
      XMLFile.of(context)?.guarded { try $0.refuseEntity(name) }
    }
    XML_SetSkippedEntityHandler(parser) { context, name, _ in
      XMLFile.of(context)?.guarded { try $0.refuseEntity(name) }
    }
    let pieces = try FilePieces(path, size: Self.pieceSize)
    var rest = limit
    while true {
      let piece = try pieces.next()
      let count = min(piece.count, rest)
      rest -= count
      let status = XML_Parse(
        parser, piece.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(count), piece.isEmpty ? 1 : 0)
      if let failure { throw failure }
      if hasEnded || (rest == 0 && status == XML_STATUS_OK) { return }
      guard status == XML_STATUS_OK else {
        let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "it has a fault"
        throw fault("is not XML: \(reason)")
      }
      if piece.isEmpty { return }
    }
  }

  private func fault(_ problem: String) -> DatasetError {
    .source(file: path, line: Int(clamping: XML_GetCurrentLineNumber(parser)), problem: problem)
  }

  // MARK: - Events

  private static func of(_ context: UnsafeMutableRawPointer?) -> XMLFile? {
    context.map { Unmanaged<XMLFile>.fromOpaque($0).takeUnretainedValue() }
  }

  private func guarded(_ work: (XMLFile) throws -> Void) {
    guard failure == nil, !hasEnded else { return }
    do { try work(self) } catch { failure = error }
    if failure != nil || hasEnded { XML_StopParser(parser, 0) }
  }

  private func refuseEntity(_ name: UnsafePointer<CChar>?) throws {
    throw fault(
      "has the entity '\(name.map { String(cString: $0).prefix(40) } ?? "")'; label files need none, and Feeder expands none"
    )
  }

  private func begin(
    _ name: UnsafePointer<CChar>?, _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
  ) throws {
    guard let name, names.count + skipDepth < Self.deepest else {
      throw fault("nests more than \(Self.deepest) levels deep")
    }
    if skipDepth > 0 {
      skipDepth += 1
      return
    }
    names.append(String(cString: name))
    if open.isEmpty {
      switch try choose(names) {
      case .enter: return
      case .skip:
        names.removeLast()
        skipDepth = 1
        return
      case .end:
        hasEnded = true
        return
      case .take: byteCount = 0
      }
    }
    var values: [String: String] = [:]
    var place = 0
    while let attributes, let key = attributes[place], let value = attributes[place + 1] {
      let (key, value) = (String(cString: key), String(cString: value))
      byteCount += key.utf8.count + value.utf8.count
      values[key] = value
      place += 2
    }
    byteCount += 128
    try refuseTooLarge()
    open.append(
      XMLElement(
        name: names[names.count - 1], attributes: values, line: Int(clamping: XML_GetCurrentLineNumber(parser))))
  }

  private func refuseTooLarge() throws {
    guard byteCount <= Self.largestElement else {
      throw fault("has one entry of more than \(Self.largestElement >> 20) MB")
    }
  }

  private func add(_ text: UnsafePointer<CChar>?, _ count: Int) throws {
    guard !open.isEmpty, skipDepth == 0, let text else { return }
    byteCount += count
    try refuseTooLarge()
    open[open.count - 1].text += String(
      decoding: UnsafeRawBufferPointer(start: text, count: count), as: UTF8.self)
  }

  private func end() throws {
    if skipDepth > 0 {
      skipDepth -= 1
      return
    }
    let names = names
    self.names.removeLast()
    guard let element = open.popLast() else { return }
    if open.isEmpty {
      if try !take(names, element) { hasEnded = true }
    } else {
      open[open.count - 1].children.append(element)
    }
  }
}
