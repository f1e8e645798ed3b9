import Foundation
import Synchronization

/// Letters for pictures, each from the first font of the system that has it, or from `BitmapFont` if there are no
/// fonts.
final class Lettering {
  /// A line of text as a bitmap.
  struct Mask {
    /// Width and height in pixels.
    let width: Int
    let height: Int
    /// Coverage of each pixel, 0 to 255, row by row.
    let coverage: [UInt8]
  }

  private struct Key: Hashable {
    let scalar: Unicode.Scalar
    let size: Int
  }

  /// The fonts that tools/setup installs, then the fonts of other systems.
  private static let paths = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
  ]

  /// The letters of the system's fonts, shared by all threads.
  static let shared = Mutex(Lettering())

  private let fonts: [FontFile]
  private var glyphs: [Key: Glyph] = [:]

  /// Letters of the fonts at `paths`. Missing files are left out.
  init(paths: [String] = Lettering.paths) { fonts = paths.compactMap(FontFile.init) }

  /// True if `text` can be drawn letter by letter, as in Latin or Chinese. Scripts that run from right to left, or that
  /// join or stack letters, cannot.
  func draws(_ text: String) -> Bool {
    Self.scalars(text).allSatisfy { scalar in
      !Self.needsShaping(scalar) && (fonts.contains { $0.has(scalar) } || BitmapFont.has(scalar))
    }
  }

  /// `text` in letters `size` pixels high. A letter that cannot be drawn becomes a question mark.
  func mask(_ text: String, size: Int) -> Mask {
    let line = Self.scalars(text).map { glyph($0, size: size) ?? glyph("?", size: size) ?? Glyph() }
    let (ascent, descent) = ((size * 15 + 8) / 16, (size + 2) / 4)
    let (width, height) = (line.reduce(0) { $0 + $1.advance }, ascent + descent)
    var coverage = [UInt8](repeating: 0, count: width * height)
    var pen = 0
    for glyph in line {
      for row in 0..<glyph.height {
        for column in 0..<glyph.width {
          let (x, y) = (pen + glyph.left + column, ascent - glyph.top + row)
          guard (0..<width).contains(x), (0..<height).contains(y) else { continue }
          coverage[y * width + x] = max(coverage[y * width + x], glyph.coverage[row * glyph.width + column])
        }
      }
      pen += glyph.advance
    }
    return Mask(width: width, height: height, coverage: coverage)
  }

  private func glyph(_ scalar: Unicode.Scalar, size: Int) -> Glyph? {
    let key = Key(scalar: scalar, size: size)
    if let known = glyphs[key] { return known }
    guard !Self.needsShaping(scalar) else { return nil }
    guard
      let made = fonts.lazy.compactMap({ $0.glyph(scalar, size: size) }).first ?? BitmapFont.glyph(scalar, size: size)
    else { return nil }
    glyphs[key] = made
    return made
  }

  /// The characters of `text`. Letters and accents are combined if Unicode has one code for both.
  private static func scalars(_ text: String) -> [Unicode.Scalar] {
    Array(text.precomposedStringWithCanonicalMapping.unicodeScalars)
  }

  /// Blocks of scripts that run from right to left, join or stack: Hebrew to Tibetan, Myanmar, Hangul Jamo, Khmer,
  /// Mongolian, and similar scripts in later blocks.
  private static let shaped: [ClosedRange<UInt32>] = [
    0x0590...0x10FF, 0x1100...0x11FF, 0x1700...0x18AF, 0x1900...0x1CFF, 0xA800...0xABFF, 0xFB1D...0xFDFF,
    0xFE70...0xFEFF, 0x10800...0x11FFF, 0x1E800...0x1EFFF,
  ]

  private static func needsShaping(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .format, .control, .surrogate, .privateUse, .unassigned,
      .lineSeparator, .paragraphSeparator:
      true
    default: shaped.contains { $0.contains(scalar.value) } && !(0x10A0...0x10FF).contains(scalar.value)
    }
  }
}
