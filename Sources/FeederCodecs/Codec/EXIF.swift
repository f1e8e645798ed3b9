import FeederImaging

/// The one thing that Feeder asks of EXIF data: how the picture is turned (CIPA DC-008, tag 0x0112).
enum EXIF {
  /// The orientation in an APP1 segment's payload, which is not trusted. Nil if it is no EXIF or names none of the eight: such
  /// a picture is seen as it is stored, as Pillow and OpenCV have it.
  static func orientation(_ payload: EncodedBytes) -> Orientation? {
    guard payload.count > 14, payload.holds("Exif\0\0".utf8) else { return nil }
    return orientation(tiff: payload[6..<payload.count])
  }

  /// The same of EXIF data without that beginning, as PNG and WebP have them.
  static func orientation(tiff: EncodedBytes) -> Orientation? {
    guard tiff.count > 8 else { return nil }
    let isBig: Bool
    switch (tiff[0], tiff[1]) {
    case (0x49, 0x49): isBig = false
    case (0x4D, 0x4D): isBig = true
    default: return nil
    }
    func number(_ place: Int, byteCount: Int) -> Int? {
      guard place >= 0, place + byteCount <= tiff.count else { return nil }
      return (0..<byteCount).reduce(0) { $0 << 8 | Int(tiff[place + (isBig ? $1 : byteCount - 1 - $1)]) }
    }
    // Only the first directory is read, which holds no way to another place: nothing can lead in a circle.
    guard number(2, byteCount: 2) == 42, let directory = number(4, byteCount: 4),
      let count = number(directory, byteCount: 2)
    else { return nil }
    for entry in 0..<count {
      let place = directory + 2 + 12 * entry
      guard let tag = number(place, byteCount: 2) else { return nil }
      guard tag == 0x0112 else { continue }
      guard number(place + 4, byteCount: 4) == 1 else { return nil }
      // SHORT, as the standard wants it, or LONG, as some write it.
      switch number(place + 2, byteCount: 2) {
      case 3: return number(place + 8, byteCount: 2).flatMap(Orientation.init(rawValue:))
      case 4: return number(place + 8, byteCount: 4).flatMap(Orientation.init(rawValue:))
      default: return nil
      }
    }
    return nil
  }
}
