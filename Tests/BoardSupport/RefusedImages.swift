/// Files that are not a JPEG, or not a whole one.
extension ImageFault {
  static func foreign() -> [ImageFault] {
    func begins(_ name: String, _ word: String, _ magic: [UInt8]) -> ImageFault {
      refused(name, word, JPEGPieces.joined(magic, [UInt8](repeating: 0, count: 100)))
    }
    return [
      refused("empty", "empty file", []),
      refused("one-byte", "not a JPEG", [0xFF]),
      refused("text", "not a JPEG", Array("no image\n".utf8)),
      refused("zeros", "not a JPEG", [UInt8](repeating: 0, count: 100_000)),
      begins("png", "damaged PNG", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
      begins("bmp", "damaged BMP", Array("BM".utf8)),
      begins("gif", "a GIF", Array("GIF89a".utf8)),
      begins("tiff", "damaged TIFF", Array("II*\0".utf8)),
      begins("webp", "truncated WebP", Array("RIFF1234WEBPVP8 ".utf8)),
      begins("heif", "a HEIF", Array("\0\0\0\u{18}ftypheic".utf8)),
      begins("pdf", "a PDF", Array("%PDF-1.7".utf8)),
      begins("html", "text", Array("<!DOCTYPE html>".utf8)),
    ]
  }

  /// Files of one scan and of ten scans, cut before every marker and inside every segment.
  static func truncated() throws -> [ImageFault] {
    var faults: [ImageFault] = []
    for (kind, jpeg) in [("baseline", try SampleJPEGs.baseline()), ("progressive", try SampleJPEGs.progressive())] {
      for (number, place) in try SampleJPEGs.markerPlaces(jpeg).dropFirst().enumerated() {
        faults.append(refused("cut-\(kind)-\(number + 1)", "truncated", Array(jpeg.prefix(place))))
        faults.append(refused("cut-\(kind)-\(number + 1)-inside", "truncated", Array(jpeg.prefix(place + 1))))
      }
      faults.append(refused("cut-\(kind)-codes", "truncated", Array(jpeg.dropLast(jpeg.count / 5))))
    }
    return faults
  }
}

/// JPEG kinds that Feeder does not read, and files whose decoding would need too much memory or time.
extension ImageFault {
  static func kinds() throws -> [ImageFault] {
    let sound = try SampleJPEGs.baseline()
    func frame(_ name: String, _ word: String, _ change: (inout [UInt8], Int) -> Void) throws -> ImageFault {
      var bytes = sound
      let place = try SampleJPEGs.markerPlaces(sound).first { sound[$0 + 1] == 0xC0 }
      change(&bytes, place ?? 0)
      return refused(name, word, bytes)
    }
    let ycck = try SampleJPEGs.ycck()
    var cmyk = ycck
    for place in try SampleJPEGs.markerPlaces(ycck) where ycck[place + 1] == 0xEE { cmyk[place + 15] = 0 }
    func components(_ count: Int) -> [UInt8] {
      let frame = JPEGPieces.frame(width: 8, height: 8, sampling: [UInt8](repeating: 0x11, count: count))
      return JPEGPieces.file(frame, JPEGPieces.scan())
    }
    return [
      refused("ycck", "CMYK", ycck), refused("cmyk", "CMYK", cmyk),
      refused("2-components", "2 components", components(2)), refused("5-components", "5 components", components(5)),
      try frame("12-bit", "12 bits") { $0[$1 + 4] = 12 },
      try frame("arithmetic", "arithmetic") { $0[$1 + 1] = 0xC9 },
      try frame("arithmetic-progressive", "arithmetic") { $0[$1 + 1] = 0xCA },
      try frame("lossless", "lossless") { $0[$1 + 1] = 0xC3 },
      try frame("hierarchical", "hierarchical") { $0[$1 + 1] = 0xC5 },
      try frame("height-0", "104 x 0") { ($0[$1 + 5], $0[$1 + 6]) = (0, 0) },
      try frame("width-0", "0 x 72") { ($0[$1 + 7], $0[$1 + 8]) = (0, 0) },
      try frame("height-lowered", "damaged") { $0[$1 + 6] = 30 },
      try frame("height-raised", "truncated") { $0[$1 + 6] = 200 },
      try frame("sampling-0", "sampling factors") { $0[$1 + 11] = 0x01 },
      try frame("sampling-15", "sampling factors") { $0[$1 + 11] = 0xF1 },
      try frame("frame-too-long", "does not fit") { $0[$1 + 9] = 2 },
    ]
  }

  static func bombs() -> [ImageFault] {
    func header(_ marker: UInt8, _ side: Int, _ sampling: [UInt8], zeros: Int) -> [UInt8] {
      JPEGPieces.file(
        JPEGPieces.quantisation(), JPEGPieces.frame(marker, width: side, height: side, sampling: sampling),
        JPEGPieces.huffman, JPEGPieces.scan(), [UInt8](repeating: 0, count: zeros))
    }
    let codes = JPEGPieces.codes([[UInt8](repeating: 99, count: 24)], meansOnly: true)
    let more = JPEGPieces.scan(band: 1...63) + [0, 0, 0]
    let scans = JPEGPieces.file(
      JPEGPieces.quantisation(), JPEGPieces.frame(0xC2, width: 48, height: 32), JPEGPieces.huffman,
      JPEGPieces.scan(band: 0...0), codes, Array(repeatElement(more, count: 5000).joined()))
    let sequential = SampleJPEGs.blocks(inScansOf: (0..<5000).map { UInt8($0 % 3 + 1) })
    return [
      refused("65535-a-side", "65535 x 65535", header(0xC0, 65_535, [0x11], zeros: 100)),
      refused("65500-a-side", "65500 x 65500", header(0xC0, 65_500, [0x11], zeros: 100)),
      refused("179-megapixels-in-300-bytes", "cannot hold", header(0xC0, 13_377, [0x11], zeros: 100)),
      refused("179-megapixels-in-scans", "costs too much", header(0xC2, 13_377, [0x11, 0x11, 0x11], zeros: 1_100_000)),
      refused("5000-scans", "more than 100 scans", scans),
      refused("5000-scans-sequential", "more than 100 scans", sequential),
    ]
  }
}
