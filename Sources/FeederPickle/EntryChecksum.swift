import CISAL

/// The CRC-32 of a zip entry, by ISA-L.
enum EntryChecksum {
  /// The sum of `bytes[range]`, which lies in `bytes`.
  static func sum(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
    guard !range.isEmpty else { return 0 }
    return bytes[range].withUnsafeBufferPointer { Int(crc32_gzip_refl(0, $0.baseAddress, UInt64($0.count))) }
  }
}
