import CFreeType

/// The bitmap of a letter and its position relative to the pen.
struct Glyph {
  /// Width and height of `coverage` in pixels.
  var width = 0
  var height = 0
  /// Pixels from the pen to the left edge, and from the base line up to the upper edge.
  var left = 0
  var top = 0
  /// Pixels from this pen position to the next.
  var advance = 0
  /// Coverage of each pixel, 0 to 255, row by row.
  var coverage: [UInt8] = []
}

/// A font file of the system, opened with FreeType. Not thread-safe.
final class FontFile {
  private let library: FT_Library
  private let face: FT_Face
  private var size = 0

  /// Opens the font at `path`; nil if it is missing or not a font.
  init?(_ path: String) {
    var library: FT_Library?
    guard FT_Init_FreeType(&library) == 0, let library else { return nil }
    var face: FT_Face?
    guard FT_New_Face(library, path, 0, &face) == 0, let face else {
      FT_Done_FreeType(library)
      return nil
    }
    self.library = library
    self.face = face
  }

  deinit {
    FT_Done_Face(face)
    FT_Done_FreeType(library)
  }

  /// True if the font has a glyph for `scalar`.
  func has(_ scalar: Unicode.Scalar) -> Bool { FT_Get_Char_Index(face, FT_ULong(scalar.value)) != 0 }

  /// The glyph of `scalar` with letters `size` pixels high; nil if the font has none.
  func glyph(_ scalar: Unicode.Scalar, size: Int) -> Glyph? {
    guard has(scalar) else { return nil }
    if size != self.size {
      guard FT_Set_Pixel_Sizes(face, 0, FT_UInt(size)) == 0 else { return nil }
      self.size = size
    }
    guard FT_Load_Char(face, FT_ULong(scalar.value), FT_Int32(FT_LOAD_RENDER)) == 0,
      let slot = face.pointee.glyph?.pointee, slot.bitmap.pixel_mode == UInt8(FT_PIXEL_MODE_GRAY.rawValue)
    else { return nil }
    let (width, height, pitch) = (Int(slot.bitmap.width), Int(slot.bitmap.rows), Int(slot.bitmap.pitch))
    var glyph = Glyph(advance: (Int(slot.advance.x) + 32) / 64)
    guard let buffer = slot.bitmap.buffer, pitch >= width else { return glyph }  // a space has no pixels
    (glyph.width, glyph.height) = (width, height)
    (glyph.left, glyph.top) = (Int(slot.bitmap_left), Int(slot.bitmap_top))
    for row in 0..<height {
      let bytes = UnsafeBufferPointer(start: buffer + row * pitch, count: width)
      glyph.coverage += bytes
    }
    return glyph
  }
}
