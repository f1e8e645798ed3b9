import FeederImaging

/// The formats that people rename to .jpg, by their first bytes.
enum ForeignFormat {
  /// What the bytes seem to be, as in "a PNG"; nil where that is unknown.
  static func name(of bytes: EncodedBytes) -> String? {
    if bytes.holds([0x89, 0x50, 0x4E, 0x47]) { return "a PNG" }
    if bytes.holds("BM".utf8) { return "a BMP" }
    if bytes.holds("GIF8".utf8) { return "a GIF" }
    if bytes.holds([0x49, 0x49, 0x2A, 0x00]) || bytes.holds([0x4D, 0x4D, 0x00, 0x2A]) { return "a TIFF" }
    if bytes.holds("RIFF".utf8), bytes.holds("WEBP".utf8, at: 8) { return "a WebP" }
    if bytes.holds("%PDF".utf8) { return "a PDF" }
    if bytes.holds([0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50]) { return "a JPEG 2000" }
    if bytes.holds([0xFF, 0x0A]) { return "a JPEG XL" }
    if bytes.holds("ftyp".utf8, at: 4) { return "a HEIF or AVIF" }
    if bytes.holds("<".utf8) { return "text (HTML or XML)" }
    return nil
  }
}
