import Foundation

/// A tensor file in the safetensors format (github.com/huggingface/safetensors, "Format"): the header's length as 8
/// little-endian bytes, a JSON header, then the tensors' bytes. Every number of the header is checked before its first
/// use.
package struct Safetensors: Sendable {
  /// The number format of an element, by its name in the file.
  package enum ElementType: String, Sendable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i64 = "I64"
    case i32 = "I32"
    case i16 = "I16"
    case i8 = "I8"
    case u8 = "U8"
    case bool = "BOOL"

    /// Bytes of one element.
    package var byteCount: Int {
      switch self {
      case .f64, .i64: 8
      case .f32, .i32: 4
      case .f16, .bf16, .i16: 2
      case .i8, .u8, .bool: 1
      }
    }
  }

  /// The type, shape and position of one tensor in the file.
  package struct Entry: Sendable {
    /// The number format of the elements.
    package let type: ElementType
    /// Extents of all dimensions, outermost first; empty for a scalar.
    package let shape: [Int]
    /// Bytes of the tensor, counted from the start of the file.
    package let range: Range<Int>

    /// An entry whose place and size are checked.
    package init(type: ElementType, shape: [Int], range: Range<Int>) {
      (self.type, self.shape, self.range) = (type, shape, range)
    }
  }

  /// Thrown if a file cannot be read.
  package struct FormatError: Error, CustomStringConvertible {
    /// The fault, in words that follow the file's name.
    package let description: String

    /// An error with the fault `description`, in words that follow the file's name.
    package init(description: String) { self.description = description }
  }

  /// Tensors by name.
  package let entries: [String: Entry]
  /// The text pairs in the header's `__metadata__`.
  package let metadata: [String: String]

  /// The largest header that is read, in bytes. A checkpoint of yolov8x has 0.3 MB, so a larger header is damage or an
  /// attack.
  private static let largestHeader = 4 << 20

  /// Reads the header of a file, of which `file` holds all bytes. Throws `FormatError` if a length, offset, shape or
  /// type is invalid, if a name is there twice, or if tensors overlap or leave gaps.
  package init(file: UnsafeRawBufferPointer) throws {
    guard file.count >= 8 else {
      throw FormatError(description: "is too short for a safetensors file (\(file.count) bytes)")
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(Self.largestHeader), Int(length) <= file.count - 8 else {
      throw FormatError(
        description: "is cut off or not a safetensors file: its header claims \(length) bytes of \(file.count)")
    }
    let start = 8 + Int(length)
    let json: Any
    do {
      json = try JSONSerialization.jsonObject(with: Data(file[8..<start]))
    } catch {
      throw FormatError(description: "is not a safetensors file: its header is not JSON")
    }
    guard var items = json as? [String: Any] else {
      throw FormatError(description: "has a header that is not an object")
    }
    guard Self.nameCount(UnsafeRawBufferPointer(rebasing: file[8..<start])) == Self.nameCount(json) else {
      throw FormatError(description: "names something twice in its header, so readers would differ on what it holds")
    }
    guard let texts = (items.removeValue(forKey: "__metadata__") ?? [String: String]()) as? [String: String] else {
      throw FormatError(description: "has a __metadata__ that is not texts by name")
    }
    metadata = texts
    var entries: [String: Entry] = [:]
    for (name, item) in items {
      entries[name] = try Self.entry(name, item, dataStart: start, fileSize: file.count)
    }
    try Self.checkCoverage(entries, dataStart: start, fileSize: file.count)
    self.entries = entries
  }

  /// The number of names in all objects of a JSON text: its colons outside of strings.
  private static func nameCount(_ text: UnsafeRawBufferPointer) -> Int {
    var (count, isQuoted, isEscaped) = (0, false, false)
    for byte in text {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if isQuoted {
        isEscaped = byte == UInt8(ascii: "\\")
      } else if byte == UInt8(ascii: ":") {
        count += 1
      }
    }
    return count
  }

  /// The number of names in all objects of parsed JSON. Equal names count once, because the parser keeps only one of
  /// them.
  private static func nameCount(_ json: Any) -> Int {
    switch json {
    case let object as [String: Any]: object.count + object.values.reduce(0) { $0 + nameCount($1) }
    case let array as [Any]: array.reduce(0) { $0 + nameCount($1) }
    default: 0
    }
  }

  private static func entry(_ name: String, _ item: Any, dataStart: Int, fileSize: Int) throws -> Entry {
    guard let fields = item as? [String: Any], let typeName = fields["dtype"] as? String,
      let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int], offsets.count == 2
    else { throw FormatError(description: "has a broken entry for '\(name)'") }
    guard let type = ElementType(rawValue: typeName) else {
      throw FormatError(description: "holds '\(name)' in the unknown type \(typeName)")
    }
    var bytes = type.byteCount
    for extent in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw FormatError(description: "has an impossible shape \(shape) for '\(name)'")
      }
      bytes = product
    }
    let available = fileSize - dataStart
    guard offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= available, offsets[1] - offsets[0] == bytes else {
      throw FormatError(
        description:
          "is cut off or damaged: '\(name)' needs bytes \(offsets[0]) to \(offsets[1]) of \(available), shape \(shape)")
    }
    return Entry(type: type, shape: shape, range: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  /// Throws unless the tensors lie end to end, without gap or overlap, as the format demands.
  private static func checkCoverage(_ entries: [String: Entry], dataStart: Int, fileSize: Int) throws {
    var end = dataStart
    for range in entries.values.map(\.range).sorted(by: {
      ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
    }) {
      guard range.lowerBound == end else { throw FormatError(description: "has tensors that overlap or leave a gap") }
      end = range.upperBound
    }
    guard end == fileSize else { throw FormatError(description: "has \(fileSize - end) bytes behind its last tensor") }
  }

  /// The bytes before the tensors, for tensors that follow end to end in the given order. Equal names, shapes and
  /// metadata give equal bytes. Spaces pad the header so that the first tensor starts at a multiple of 64 bytes.
  package static func header(
    _ tensors: [(name: String, type: ElementType, shape: [Int])], metadata: [String: String] = [:]
  ) -> [UInt8] {
    var fields: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { quoted($0.key) + ":" + quoted($0.value) }
      fields.append("\"__metadata__\":{" + pairs.joined(separator: ",") + "}")
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.shape.reduce(tensor.type.byteCount, *)
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      fields.append(
        quoted(tensor.name)
          + ":{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = [UInt8](("{" + fields.joined(separator: ",") + "}").utf8)
    while (text.count + 8) % 64 != 0 { text.append(0x20) }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { [UInt8]($0) } + text
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
