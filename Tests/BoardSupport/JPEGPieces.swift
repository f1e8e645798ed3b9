/// Builds JPEG files (ITU-T T.81) that no encoder writes, from marker segments and coded data.
package enum JPEGPieces {
  /// The marker at the start of a file.
  package static let start: [UInt8] = [0xFF, 0xD8]
  /// The marker at the end of a file.
  package static let end: [UInt8] = [0xFF, 0xD9]

  /// The bytes of all `parts`.
  package static func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

  /// A file of `parts` between the start and end markers.
  package static func file(_ parts: [UInt8]...) -> [UInt8] { start + Array(parts.joined()) + end }

  /// A segment: marker, length and payload.
  package static func segment(_ marker: UInt8, _ payload: [UInt8]) -> [UInt8] {
    joined([0xFF, marker], big(payload.count + 2), payload)
  }

  private static func big(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 255), UInt8(number & 255)] }

  private static func repeated(_ value: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: value, count: count) }

  /// A quantisation table of eights, so that a block of the value v has the coefficient v - 128. Its numbers have 16
  /// bits if `isWide`.
  package static func quantisation(_ table: UInt8 = 0, isWide: Bool = false) -> [UInt8] {
    guard isWide else { return segment(0xDB, joined([table], repeated(8, 64))) }
    return segment(0xDB, joined([0x10 | table], (0..<128).map { $0 % 2 == 0 ? 0 : 8 }))
  }

  /// Huffman tables number 0: twelve DC categories of 4 bits each; the only AC code is the end of a block, one bit.
  package static let huffman = joined(
    segment(0xC4, joined([0x00, 0, 0, 0, 12], repeated(0, 12), Array(0..<12))),
    segment(0xC4, joined([0x10, 1], repeated(0, 15), [0])))

  /// A frame header. Its components have the ids 1, 2, ..., the sampling factors `sampling` and table 0.
  package static func frame(
    _ marker: UInt8 = 0xC0, precision: UInt8 = 8, width: Int, height: Int, sampling: [UInt8] = [0x11]
  ) -> [UInt8] {
    var payload = joined([precision], big(height), big(width), [UInt8(sampling.count)])
    for (place, factors) in sampling.enumerated() { payload += [UInt8(place + 1), factors, 0] }
    return segment(marker, payload)
  }

  /// A scan header for the components `ids` and the coefficients `band`, with tables 0.
  package static func scan(_ ids: [UInt8] = [1], band: ClosedRange<UInt8> = 0...63) -> [UInt8] {
    var payload = [UInt8(ids.count)]
    for id in ids { payload += [id, 0] }
    return segment(0xDA, joined(payload, [band.lowerBound, band.upperBound, 0]))
  }

  /// A DRI segment: the number of MCUs between restart markers.
  package static func restartInterval(_ count: Int) -> [UInt8] { segment(0xDD, big(count)) }

  /// The coded data of blocks that have one value each, with restart markers between the intervals. With `meansOnly`
  /// the blocks have no end codes, because only their means are coded.
  package static func codes(_ intervals: [[UInt8]], meansOnly: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    for (number, values) in intervals.enumerated() {
      if number > 0 { bytes += [0xFF, 0xD0 + UInt8((number - 1) % 8)] }
      var bits: [Bool] = []
      func put(_ value: Int, _ count: Int) { for bit in (0..<count).reversed() { bits.append(value >> bit & 1 == 1) } }
      var last = 128
      for value in values {
        let difference = Int(value) - last
        last = Int(value)
        let category = Int.bitWidth - abs(difference).leadingZeroBitCount
        put(category, 4)
        put(difference > 0 ? difference : difference + (1 << category) - 1, category)
        if !meansOnly { put(0, 1) }
      }
      while bits.count % 8 != 0 { bits.append(true) }
      for place in stride(from: 0, to: bits.count, by: 8) {
        let byte = bits[place..<place + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        bytes += byte == 0xFF ? [0xFF, 0x00] : [byte]
      }
    }
    return bytes
  }

  /// An EXIF segment: a TIFF header, one directory of `entries` (12 bytes each), and the next directory's offset.
  package static func exif(
    _ entries: [[UInt8]], isBig: Bool = false, magic: Int = 42, directory: Int = 8, count: Int? = nil, next: Int = 0
  ) -> [UInt8] {
    func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
      let bytes = (0..<byteCount).map { UInt8(value >> (8 * $0) & 255) }
      return isBig ? bytes.reversed() : bytes
    }
    let header = joined(Array((isBig ? "MM" : "II").utf8), number(magic, 2), number(directory, 4))
    let listing = joined(number(count ?? entries.count, 2), Array(entries.joined()), number(next, 4))
    return segment(0xE1, joined(Array("Exif\0\0".utf8), header, listing))
  }

  /// The entry of an orientation, as in the standard.
  package static func orientationEntry(_ value: UInt8) -> [UInt8] { [0x12, 0x01, 3, 0, 1, 0, 0, 0, value, 0, 0, 0] }

  /// `jpeg` with `segments` after its start marker.
  package static func inserting(_ segments: [UInt8], into jpeg: [UInt8]) -> [UInt8] {
    joined(start, segments, Array(jpeg.dropFirst(2)))
  }

  /// `jpeg` with `bytes` before its end marker.
  package static func appending(_ bytes: [UInt8], to jpeg: [UInt8]) -> [UInt8] {
    joined(Array(jpeg.dropLast(2)), bytes, end)
  }

  /// `jpeg` with the orientation `value`, 1 to 8.
  package static func oriented(_ jpeg: [UInt8], _ value: Int) -> [UInt8] {
    inserting(exif([orientationEntry(UInt8(value))]), into: jpeg)
  }
}
