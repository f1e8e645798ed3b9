/// A number of bytes, written by people as `64MiB` or `2GiB`.
package struct ByteCount: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The number of bytes; never negative.
  package let bytes: Int

  /// `bytes` bytes.
  package init(_ bytes: Int) {
    precondition(bytes >= 0, "a byte count is never negative")
    self.bytes = bytes
  }

  /// Reads `512`, `64KiB`, `1.5GiB` or `2GB`. Nil for any other text, a negative number or more than `Int.max`.
  package init?(text: String) {
    guard let bytes = Self.number(text), bytes >= 0, bytes < Double(Int.max) else { return nil }
    self.bytes = Int(bytes)
  }

  /// True if `text` gives more than `Int.max` bytes.
  package static func isTooLarge(_ text: String) -> Bool { number(text).map { $0 >= Double(Int.max) } ?? false }

  private static func number(_ text: String) -> Double? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let suffix = text.dropFirst(digits.count).trimmingPrefix(while: { $0 == " " })
    guard let value = Double(digits), let unit = units[suffix.lowercased()] else { return nil }
    return value * unit
  }

  private static let units: [String: Double] = [
    "": 1, "b": 1, "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    "k": 1024, "m": 1_048_576, "g": 1_073_741_824, "t": 1_099_511_627_776,
    "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
  ]

  /// The count in GiB, MiB, KiB or B, with one decimal: `1.5 GiB`.
  package var description: String {
    for (name, size) in [("GiB", 1_073_741_824), ("MiB", 1_048_576), ("KiB", 1024)] where bytes >= size {
      let tenths = Int((Double(bytes) / Double(size) * 10).rounded())
      return "\(tenths / 10).\(tenths % 10) \(name)"
    }
    return "\(bytes) B"
  }

  /// Orders by the number of bytes.
  package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
