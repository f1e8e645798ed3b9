import FeederCore

/// What a JPEG's frame header says, checked before anything is allocated or decoded.
package struct JPEGInfo: Hashable, Sendable {
  /// Stored size in pixels; an orientation tag is not applied.
  package let size: PixelSize
  /// 1 for grey, 3 for colour.
  package let componentCount: Int

  /// Longest side accepted, in pixels; libjpeg's own JPEG_MAX_DIMENSION.
  package static let maximumSide = 65_500
  /// Most pixels accepted; twice 89,478,485, where Pillow refuses an image as a decompression bomb.
  package static let maximumPixelCount = 178_956_970

  /// Reads the markers up to the first scan. `jpeg` is borrowed for the call and not trusted.
  ///
  /// Throws `ImagingError` for anything that `JPEGDecoder` would not decode: other formats, CMYK, arithmetic coding,
  /// 12-bit samples, too many pixels, data that ends early.
  package init(of jpeg: UnsafeRawBufferPointer) throws {
    guard !jpeg.isEmpty else { throw ImagingError.emptyFile }
    guard jpeg.count >= 2, jpeg[0] == 0xFF, jpeg[1] == 0xD8 else {
      throw ImagingError.notJPEG(looksLike: Self.kind(of: jpeg))
    }
    var markers = MarkerReader(bytes: jpeg, offset: 2)
    var found: JPEGInfo?
    while true {
      let segment = try markers.next()
      switch segment.marker {
      case 0xC4, 0xC8, 0xCC: continue  // tables and reserved codes among the frame headers' numbers
      case 0xC0...0xCF:
        guard found == nil else { throw ImagingError.damaged(reason: "it has two frame headers") }
        found = try Self.frame(segment.marker, jpeg, segment.payload)
      case 0xDA:
        guard let found else { throw ImagingError.damaged(reason: "the image data begins before any frame header") }
        self = found
        return
      default: continue
      }
    }
  }

  private init(size: PixelSize, componentCount: Int) {
    self.size = size
    self.componentCount = componentCount
  }

  /// Checks a frame header (ITU-T T.81, B.2.2): precision, height, width, component count.
  private static func frame(_ marker: UInt8, _ jpeg: UnsafeRawBufferPointer, _ payload: Range<Int>) throws -> JPEGInfo {
    if let reason = refusedCoding(marker) { throw ImagingError.unsupported(reason: reason) }
    guard payload.count >= 6 else { throw ImagingError.damaged(reason: "the frame header is too short") }
    let start = payload.lowerBound
    let precision = Int(jpeg[start])
    guard precision == 8 else { throw ImagingError.unsupported(reason: "\(precision) bits a sample") }
    let height = Int(jpeg[start + 1]) << 8 | Int(jpeg[start + 2])
    let width = Int(jpeg[start + 3]) << 8 | Int(jpeg[start + 4])
    let components = Int(jpeg[start + 5])
    guard payload.count == 6 + 3 * components else {
      throw ImagingError.damaged(reason: "the frame header's length does not fit \(components) components")
    }
    guard width > 0, height > 0 else { throw ImagingError.damaged(reason: "its size is \(width) x \(height)") }
    guard width <= maximumSide, height <= maximumSide, width * height <= maximumPixelCount else {
      throw ImagingError.tooLarge(width: width, height: height)
    }
    switch components {
    case 1, 3: return JPEGInfo(size: PixelSize(width: width, height: height), componentCount: components)
    case 4: throw ImagingError.unsupported(reason: "CMYK or YCCK, 4 components")
    default: throw ImagingError.unsupported(reason: "\(components) components")
    }
  }

  /// Why a frame of this coding is not read; nil for baseline, extended and progressive Huffman coding.
  private static func refusedCoding(_ marker: UInt8) -> String? {
    switch marker {
    case 0xC0, 0xC1, 0xC2: nil
    case 0xC3: "lossless coding"
    case 0xC5, 0xC6, 0xC7: "hierarchical coding"
    default: "arithmetic coding"
    }
  }

  /// The format that the first bytes belong to, by the magic numbers of the formats people rename to .jpg.
  private static func kind(of bytes: UnsafeRawBufferPointer) -> String? {
    func begins(_ magic: [UInt8], at offset: Int = 0) -> Bool {
      bytes.count >= offset + magic.count && bytes[offset..<offset + magic.count].elementsEqual(magic)
    }
    if begins([0x89, 0x50, 0x4E, 0x47]) { return "a PNG" }
    if begins(Array("BM".utf8)) { return "a BMP" }
    if begins(Array("GIF8".utf8)) { return "a GIF" }
    if begins([0x49, 0x49, 0x2A, 0x00]) || begins([0x4D, 0x4D, 0x00, 0x2A]) { return "a TIFF" }
    if begins(Array("RIFF".utf8)), begins(Array("WEBP".utf8), at: 8) { return "a WebP" }
    if begins(Array("%PDF".utf8)) { return "a PDF" }
    if begins([0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50]) { return "a JPEG 2000" }
    if begins([0xFF, 0x0A]) { return "a JPEG XL" }
    if begins(Array("ftyp".utf8), at: 4) { return "a HEIF or AVIF" }
    if begins(Array("<".utf8)) { return "text (HTML or XML)" }
    return nil
  }
}

/// Walks the marker segments of a JPEG (ITU-T T.81, B.1.1), checking every length against the data's end.
private struct MarkerReader {
  let bytes: UnsafeRawBufferPointer
  var offset: Int

  /// The next marker and the place of its payload (empty for markers that have none).
  mutating func next() throws -> (marker: UInt8, payload: Range<Int>) {
    guard offset < bytes.count else { throw ImagingError.truncated(reason: "it ends inside its header") }
    guard bytes[offset] == 0xFF else {
      throw ImagingError.damaged(reason: "no marker where one belongs, at byte \(offset)")
    }
    while offset < bytes.count, bytes[offset] == 0xFF { offset += 1 }  // any number of fill bytes
    guard offset < bytes.count else { throw ImagingError.truncated(reason: "it ends inside its header") }
    let marker = bytes[offset]
    offset += 1
    switch marker {
    case 0x01, 0xD0...0xD8: return (marker, offset..<offset)
    case 0x00: throw ImagingError.damaged(reason: "no marker where one belongs, at byte \(offset - 1)")
    case 0xD9: throw ImagingError.truncated(reason: "it ends without an image")
    default: break
    }
    guard offset + 2 <= bytes.count else { throw ImagingError.truncated(reason: "it ends inside its header") }
    let length = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
    guard length >= 2 else { throw ImagingError.damaged(reason: "a segment of length \(length) at byte \(offset)") }
    guard offset + length <= bytes.count else { throw ImagingError.truncated(reason: "it ends inside its header") }
    let payload = offset + 2..<offset + length
    offset += length
    return (marker, payload)
  }
}
