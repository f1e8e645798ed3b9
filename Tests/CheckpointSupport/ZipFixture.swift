/// A zip file as torch writes it, or with one thing wrong.
package struct ZipFixture: Sendable {
  /// An entry; what is nil is as it should be.
  package struct Entry: Sendable {
    package var name: String
    package var bytes: [UInt8]
    package var localName: String?
    package var method = 0
    package var flags = 0x0808
    package var start: Int?
    package var size: Int?
    package var sum: UInt32?
    /// Bytes before the local header that belong to no entry.
    package var gap: [UInt8] = []

    package init(_ name: String, _ bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }
  }

  package var entries: [Entry]
  /// Bytes behind the end record.
  package var trailer: [UInt8] = []
  /// The number of entries in the end record; nil if it is right.
  package var count: Int?
  /// The place of the directory in the end record, relative to the right one.
  package var shift = 0
  package var hasZip64 = true

  package init(_ entries: [Entry]) { self.entries = entries }

  /// The file.
  package var bytes: [UInt8] {
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    for entry in entries {
      file += entry.gap
      let start = file.count
      let name = Array(entry.name.utf8)
      let localName = Array((entry.localName ?? entry.name).utf8)
      let sum = word(Int(entry.sum ?? Self.sum(entry.bytes)))
      let isDescribed = entry.flags & 8 != 0
      file += word(0x0403_4B50) + short(0) + short(entry.flags) + short(entry.method) + word(0)
      file += isDescribed ? word(0) + word(0) + word(0) : sum + word(entry.bytes.count) + word(entry.bytes.count)
      file += short(localName.count) + short(0) + localName + entry.bytes
      if isDescribed { file += word(0x0807_4B50) + sum + word(entry.bytes.count) + word(entry.bytes.count) }
      let size = entry.size ?? entry.bytes.count
      directory +=
        word(0x0201_4B50) + short(0x31E) + short(0) + short(entry.flags) + short(entry.method) + word(0) + sum
      directory += word(size) + word(size) + short(name.count) + short(0) + short(0) + short(0) + short(0) + word(0)
      directory += word(entry.start ?? start) + name
    }
    let (place, count) = (file.count + shift, self.count ?? entries.count)
    file += directory
    if hasZip64 {
      let end64 = file.count
      file += word(0x0606_4B50) + long(44) + short(0x31E) + short(45) + word(0) + word(0) + long(count) + long(count)
      file += long(directory.count) + long(place) + word(0x0706_4B50) + word(0) + long(end64) + word(1)
    }
    file += word(0x0605_4B50) + short(0) + short(0) + short(min(count, 0xFFFF)) + short(min(count, 0xFFFF))
    return file + word(directory.count) + word(place) + short(0) + trailer
  }

  private func short(_ value: Int) -> [UInt8] { LittleEndian.bytes(UInt64(truncatingIfNeeded: value), 2) }
  private func word(_ value: Int) -> [UInt8] { LittleEndian.bytes(UInt64(truncatingIfNeeded: value), 4) }
  private func long(_ value: Int) -> [UInt8] { LittleEndian.bytes(UInt64(truncatingIfNeeded: value), 8) }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
  }

  /// The CRC-32 of `bytes`.
  package static func sum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(($0 ^ UInt32($1)) & 0xFF)] }
  }
}
