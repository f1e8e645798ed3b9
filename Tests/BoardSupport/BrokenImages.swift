/// Files whose structures or codes contradict each other.
extension ImageFault {
  static func structures() throws -> [ImageFault] {
    let sound = SampleJPEGs.blocks()
    let (table, frame, huffman, scan) = (
      JPEGPieces.quantisation(), JPEGPieces.frame(width: 48, height: 32), JPEGPieces.huffman, JPEGPieces.scan()
    )
    let codes = JPEGPieces.codes([[UInt8](repeating: 99, count: 24)])
    let overfull = JPEGPieces.segment(0xC4, [0] + [UInt8](repeating: 255, count: 16))
    let short = JPEGPieces.segment(0xDA, [1, 1])
    let foreign = JPEGPieces.scan([9])
    let missing = "component of its pixels is missing"
    func file(_ name: String, _ word: String, _ parts: [UInt8]...) -> ImageFault {
      refused(name, word, JPEGPieces.file(Array(parts.joined())))
    }
    return [
      file("no-quantisation-table", "Quantization table", frame, huffman, scan, codes),
      file("no-frame", "before any frame header", table, huffman, scan, codes),
      file("two-frames", "two frame headers", table, frame, frame, huffman, scan, codes),
      file("start-twice", "two SOI", JPEGPieces.start, table, frame, huffman, scan, codes),
      file("end-at-once", "without an image"),
      file("no-scan", "without an image", table, frame, huffman),
      file("quantisation-table-7", "Bogus DQT", JPEGPieces.quantisation(7), frame, huffman, scan, codes),
      file("huffman-overfull", "Bogus Huffman", table, frame, overfull, scan, codes),
      file("scan-header-short", "scan header", table, frame, huffman, short),
      file("scan-of-nobody", "component ID", table, frame, huffman, foreign, codes),
      file("second-scan-unasked", "damaged", table, frame, huffman, scan, codes, scan, codes),
      refused("garbage-between-markers", "no marker where one belongs", JPEGPieces.inserting([1, 2, 3], into: sound)),
      refused("stuffed-zero", "no marker where one belongs", JPEGPieces.inserting([0xFF, 0], into: sound)),
      refused("segment-of-length-1", "a segment of length 1", JPEGPieces.inserting([0xFF, 0xE0, 0, 1], into: sound)),
      refused("component-missing", missing, SampleJPEGs.blocks(inScansOf: [1, 2])),
      refused("component-twice", missing, SampleJPEGs.blocks(inScansOf: [1, 1, 2])),
    ]
  }

  static func codes() -> [ImageFault] {
    let sound = SampleJPEGs.blocks(restarts: true)
    let restarts = sound.indices.dropLast().filter { sound[$0] == 0xFF && 0xD0...0xD7 ~= sound[$0 + 1] }
    func changed(_ bytes: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
      var bytes = bytes
      change(&bytes)
      return bytes
    }
    let blocks = SampleJPEGs.blocks()
    let middle = blocks.count - 20
    let gap = JPEGPieces.joined(Array(sound.prefix(restarts[2])), [1, 2, 3], JPEGPieces.end)
    let cut = JPEGPieces.joined(Array(blocks.prefix(middle)), JPEGPieces.end)
    let missing = changed(sound) { $0.removeSubrange(restarts[1]..<restarts[1] + 2) }
    let unknown = changed(blocks) { $0.replaceSubrange(middle..<middle + 4, with: [0xFF, 0, 0xFF, 0]) }
    return [
      refused("restart-missing", "damaged", missing),
      refused("restart-misnumbered", "damaged", changed(sound) { $0[restarts[1] + 1] = 0xD5 }),
      // Spare bytes in the place of a restart marker. libjpeg's only warning is about spare bytes before the end.
      refused("restart-gap", "damaged", gap),
      refused("code-unknown", "damaged", unknown),
      refused("codes-left-over", "damaged", JPEGPieces.appending([UInt8](repeating: 0, count: 100), to: blocks)),
      refused("codes-missing", "truncated", cut),
    ]
  }
}
