/// Files that are unusual but valid.
extension ImageFault {
  static func unusual() throws -> [ImageFault] {
    let sound = try SampleJPEGs.baseline()
    let restarts = SampleJPEGs.blocks(restarts: true)
    var motion = sound
    for place in try SampleJPEGs.markerPlaces(sound).reversed() where sound[place + 1] == 0xC4 {
      motion.removeSubrange(place..<place + 2 + (Int(sound[place + 2]) << 8) + Int(sound[place + 3]))
    }
    let comment = JPEGPieces.segment(0xFE, [0xFF, 0xDA] + sound)
    let large = JPEGPieces.segment(0xEF, [UInt8](repeating: 0xFF, count: 65_533))
    let pixel = JPEGPieces.file(
      JPEGPieces.quantisation(), JPEGPieces.frame(width: 1, height: 1), JPEGPieces.huffman, JPEGPieces.scan(),
      JPEGPieces.codes([[200]]))
    return [
      decodes("progressive", try SampleJPEGs.progressive()),
      decodes("scan-by-scan", SampleJPEGs.blocks(inScansOf: [1, 2, 3])),
      decodes("restart-markers", restarts),
      decodes("16-bit-quantisation", SampleJPEGs.blocks(isWide: true)),
      decodes("motion-jpeg", motion),
      decodes("trailing-data", sound + [UInt8](repeating: 0x5A, count: 1 << 20)),
      decodes("trailing-image", sound + sound),
      decodes("spare-bytes", JPEGPieces.appending([1, 2, 3], to: sound)),
      decodes("spare-bytes-restarts", JPEGPieces.appending([1, 2, 3], to: restarts)),
      decodes("fill-bytes", JPEGPieces.inserting([0xFF, 0xFF, 0xFF], into: sound)),
      decodes("comment-of-markers", JPEGPieces.inserting(comment, into: sound)),
      decodes("4-mib-of-segments", JPEGPieces.inserting(Array(repeatElement(large, count: 64).joined()), into: sound)),
      decodes("one-pixel", pixel),
    ]
  }

  static func oriented() throws -> [ImageFault] {
    let sound = try SampleJPEGs.baseline()
    let entry = JPEGPieces.orientationEntry(6)
    func exif(_ name: String, _ segments: [UInt8]) -> ImageFault {
      decodes("exif-" + name, JPEGPieces.inserting(segments, into: sound))
    }
    let inserted = [
      exif("big-endian", JPEGPieces.exif([[1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]], isBig: true)),
      exif("long", JPEGPieces.exif([[0x12, 1, 4, 0, 1, 0, 0, 0, 6, 0, 0, 0]])),
      exif("twice", JPEGPieces.exif([entry]) + JPEGPieces.exif([JPEGPieces.orientationEntry(3)])),
      exif("0", JPEGPieces.exif([JPEGPieces.orientationEntry(0)])),
      exif("9", JPEGPieces.exif([JPEGPieces.orientationEntry(9)])),
      exif("text", JPEGPieces.exif([[0x12, 1, 2, 0, 1, 0, 0, 0, 6, 0, 0, 0]])),
      exif("two-values", JPEGPieces.exif([[0x12, 1, 3, 0, 2, 0, 0, 0, 6, 0, 6, 0]])),
      exif("circle", JPEGPieces.exif([[0x69, 0x87, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0]], next: 8)),
      exif("directory-in-itself", JPEGPieces.exif([entry], directory: 0)),
      exif("directory-outside", JPEGPieces.exif([entry], directory: 255)),
      exif("65535-entries", JPEGPieces.exif([[1, 0, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0]], count: 65_535)),
      exif("no-tiff", JPEGPieces.exif([entry], magic: 43)),
      exif("cut", JPEGPieces.segment(0xE1, Array("Exif\0\0II*\0\u{8}\0\0\0\u{1}\0\u{12}\u{1}\u{3}".utf8))),
      exif("empty", JPEGPieces.segment(0xE1, Array("Exif\0\0".utf8))),
    ]
    return (1...8).map { decodes("orientation-\($0)", JPEGPieces.oriented(sound, $0)) } + inserted
  }
}
