import FeederCore

/// The checksum that our weights files carry in their header, over every byte of the file but its own 16 digits.
///
/// It is XXH64 chained as seeds: over the header with zeros for digits, then over each tensor in the order of the file. Files of others
/// have none, and are taken as they are.
struct WeightsChecksum {
  /// The header's key, and what stands there until the sum is known.
  static let key = "checksum"
  static let noDigits = String(repeating: "0", count: 16)

  /// The sum of what was added.
  private(set) var value: UInt64 = 0

  /// Adds the next bytes of the file.
  mutating func add(_ bytes: UnsafeRawBufferPointer) { value = Checksum.xxh64(bytes, seed: value) }

  /// What the header holds for this sum.
  var digits: String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  /// Where the digits lie in a header; nil where it has none.
  static func place(in header: some RandomAccessCollection<UInt8>) -> Range<Int>? {
    let mark = Array("\"\(key)\":\"".utf8)
    let bytes = Array(header)
    guard bytes.count >= mark.count + noDigits.count else { return nil }
    for start in 0...bytes.count - mark.count - noDigits.count
    where bytes[start..<start + mark.count].elementsEqual(mark) {
      return start + mark.count..<start + mark.count + noDigits.count
    }
    return nil
  }

  /// True where `file`, laid out as `layout`, is as it was written, or carries no sum.
  static func isRight(_ file: UnsafeRawBufferPointer, _ layout: Safetensors) -> Bool {
    guard let digits = layout.metadata[key] else { return true }
    let ranges = layout.entries.values.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
    var header = Array(file[..<(ranges.first?.lowerBound ?? file.count)])
    guard let place = place(in: header) else { return false }
    header.replaceSubrange(place, with: noDigits.utf8)
    var sum = WeightsChecksum()
    header.withUnsafeBytes { sum.add($0) }
    for range in ranges where !range.isEmpty { sum.add(UnsafeRawBufferPointer(rebasing: file[range])) }
    return sum.digits == digits
  }
}
