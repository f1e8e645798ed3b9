import FeederCore

/// The checksum in the header of weights files that Feeder wrote. It covers every byte of the file but its own 16 digits.
///
/// Each part is summed by XXH64 with the sum before as the seed: the header with zeros for digits, then each tensor in the order of the
/// file. Files of other programs have no checksum.
struct WeightsChecksum {
  /// The key in the header, and its value until the sum is known.
  static let key = "checksum"
  static let noDigits = String(repeating: "0", count: 16)

  /// The sum of the bytes added so far.
  private(set) var value: UInt64 = 0

  /// Adds the next bytes of the file.
  mutating func add(_ bytes: UnsafeRawBufferPointer) { value = Checksum.xxh64(bytes, seed: value) }

  /// The sum as 16 hexadecimal digits.
  var digits: String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  /// The range of the digits in a header; nil if it has none.
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

  /// True if the bytes of `file`, laid out as `layout`, give the sum in its header, or if the header has none.
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
