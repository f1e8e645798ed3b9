import FeederImaging

/// Walks the marker segments of a JPEG (ITU-T T.81, B.1.1), checking every length against the data's end.
struct JPEGMarkers {
  /// The file, or its beginning.
  let bytes: EncodedBytes
  /// Where the next marker belongs.
  private(set) var offset: Int

  /// Stands at `offset` of `bytes`.
  init(_ bytes: EncodedBytes, offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  /// The next marker and the place of its payload (empty for markers that have none). Throws `ImagingError`.
  mutating func next() throws -> (marker: UInt8, payload: Range<Int>) {
    guard offset < bytes.count else { throw ended }
    guard bytes[offset] == 0xFF else {
      throw ImagingError.damaged(.jpeg, reason: "no marker where one belongs, at byte \(offset)")
    }
    while offset < bytes.count, bytes[offset] == 0xFF { offset += 1 }  // any number of fill bytes
    guard offset < bytes.count else { throw ended }
    let marker = bytes[offset]
    offset += 1
    switch marker {
    case 0x01, 0xD0...0xD9: return (marker, offset..<offset)
    case 0x00: throw ImagingError.damaged(.jpeg, reason: "no marker where one belongs, at byte \(offset - 1)")
    default: break
    }
    guard offset + 2 <= bytes.count else { throw ended }
    let length = bytes.number(at: offset)
    guard length >= 2 else {
      throw ImagingError.damaged(.jpeg, reason: "a segment of length \(length) at byte \(offset)")
    }
    guard offset + length <= bytes.count else { throw ended }
    let payload = offset + 2..<offset + length
    offset += length
    return (marker, payload)
  }

  private var ended: ImagingError { .truncated(.jpeg, reason: "it ends where a marker segment belongs") }

  /// Goes on to the marker behind the coded data of a scan, or to the end of the bytes; returns how many restart markers
  /// lie on the way.
  mutating func skipCodedData() -> Int {
    var restarts = 0
    while offset + 1 < bytes.count {
      guard bytes[offset] == 0xFF else {
        offset += 1
        continue
      }
      switch bytes[offset + 1] {
      case 0x00: offset += 2
      case 0xD0...0xD7:
        restarts += 1
        offset += 2
      case 0xFF: offset += 1  // a fill byte
      default: return restarts
      }
    }
    offset = bytes.count
    return restarts
  }
}
