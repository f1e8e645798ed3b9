/// Letters for pictures on systems without fonts: the printable ASCII characters, 5 pixels wide and 8 high, drawn for
/// Feeder.
///
/// The eighth row is below the base line.
enum BitmapFont {
  /// Width of a letter in pixels.
  static let width = 5
  /// Height of a letter in pixels.
  static let height = 8

  /// True for printable ASCII characters.
  static func has(_ scalar: Unicode.Scalar) -> Bool { (32...126).contains(scalar.value) }

  /// The bitmap of `scalar` with letters about `size` pixels high; nil outside of ASCII.
  static func glyph(_ scalar: Unicode.Scalar, size: Int) -> Glyph? {
    guard has(scalar) else { return nil }
    let packed = letters[Int(scalar.value) - 32]
    let scale = max(size / height, 1)
    var coverage: [UInt8] = []
    for row in 0..<height * scale {
      // Rows from top to bottom; bit 4 is the left column.
      let bits = packed >> UInt64(5 * (height - 1 - row / scale)) & 0x1F
      coverage += (0..<width * scale).map { bits >> UInt64(width - 1 - $0 / scale) & 1 == 1 ? 255 : 0 }
    }
    return Glyph(
      width: width * scale, height: height * scale, left: scale / 2, top: (height - 1) * scale,
      advance: (width + 1) * scale, coverage: coverage)
  }

  /// Characters 32 to 126. Each has 8 rows of 5 bits, with the top row in the highest bits.
  private static let letters: [UInt64] = [
    0x000_0000000,  // space
    0x210_8420080,  // !
    0x528_0000000,  // "
    0x52B_EAFA940,  // #
    0x23E_8E2F880,  // $
    0xCE4_4444E60,  // %
    0x64A_4C9C9A0,  // &
    0x210_0000000,  // '
    0x111_0841040,  // (
    0x410_4211100,  // )
    0x012_AEA9000,  // *
    0x010_9F21000,  // +
    0x000_0001088,  // ,
    0x000_1F00000,  // -
    0x000_0003180,  // .
    0x084_4444200,  // /
    0x746_75CC5C0,  // 0
    0x230_84211C0,  // 1
    0x744_22223E0,  // 2
    0x744_260C5C0,  // 3
    0x119_52F8840,  // 4
    0xFC3_C10C5C0,  // 5
    0x322_1E8C5C0,  // 6
    0xF84_4221080,  // 7
    0x746_2E8C5C0,  // 8
    0x746_2F08980,  // 9
    0x031_8063000,  // :
    0x010_8001088,  // ;
    0x111_1041040,  // <
    0x003_E0F8000,  // =
    0x410_4111100,  // >
    0x744_2220080,  // ?
    0x746_F5B41E0,  // @
    0x22A_31FC620,  // A
    0xF46_3E8C7C0,  // B
    0x746_10845C0,  // C
    0xE4A_318CB80,  // D
    0xFC2_1E843E0,  // E
    0xFC2_1E84200,  // F
    0x746_178C5E0,  // G
    0x8C6_3F8C620,  // H
    0x710_84211C0,  // I
    0x388_4214980,  // J
    0x8CA_98A4A20,  // K
    0x842_10843E0,  // L
    0x8EE_B58C620,  // M
    0x8E7_359CE20,  // N
    0x746_318C5C0,  // O
    0xF46_3E84200,  // P
    0x746_31AC9A0,  // Q
    0xF46_3EA4A20,  // R
    0x7C2_0E087C0,  // S
    0xF90_8421080,  // T
    0x8C6_318C5C0,  // U
    0x8C6_3152880,  // V
    0x8C6_35AEE20,  // W
    0x8C5_4454620,  // X
    0x8C5_4421080,  // Y
    0xF84_44443E0,  // Z
    0x721_08421C0,  // [
    0x841_0410420,  // \
    0x708_42109C0,  // ]
    0x22A_2000000,  // ^
    0x000_000001F,  // _
    0x410_0000000,  // `
    0x001_C17C5E0,  // a
    0x843_D18C7C0,  // b
    0x001_F0841E0,  // c
    0x085_F18C5E0,  // d
    0x001_D1FC1C0,  // e
    0x321_1C42100,  // f
    0x001_F18BC2E,  // g
    0x843_D18C620,  // h
    0x201_84211C0,  // i
    0x100_C210A4C,  // j
    0x842_54C5240,  // k
    0x610_84211C0,  // l
    0x003_55AD6A0,  // m
    0x003_D18C620,  // n
    0x001_D18C5C0,  // o
    0x003_D18FA10,  // p
    0x001_F18BC21,  // q
    0x002_D884200,  // r
    0x001_F0707C0,  // s
    0x423_88420C0,  // t
    0x002_318C5E0,  // u
    0x002_3152880,  // v
    0x002_35AD540,  // w
    0x002_2A22A20,  // x
    0x002_318BC2E,  // y
    0x003_E2223E0,  // z
    0x110_8821040,  // {
    0x210_8421080,  // |
    0x410_8221100,  // }
    0x001_3600000,  // ~
  ]
}
