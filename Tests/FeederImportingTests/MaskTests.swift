import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite("Masks become boxes of their connected parts")
struct MaskTests {
  private func parts(_ rows: [String]) -> [[Int]]? {
    let bytes = rows.joined().utf8.map { $0 == UInt8(ascii: ".") ? UInt8(0) : 1 }
    let size = PixelSize(width: rows[0].count, height: rows.count)
    return MaskParts(Array(bytes), size: size, ground: 0)?.parts.map {
      [Int($0.box.x1), Int($0.box.y1), Int($0.box.x2), Int($0.box.y2), $0.area]
    }
  }

  @Test("corners join, rings and forks are one part, and parts that only their boxes share are two")
  func shapes() {
    #expect(parts(["....", "...."]) == [])
    #expect(parts(["#..#", ".#..", "..#."]) == [[0, 0, 3, 3, 3], [3, 0, 4, 1, 1]])
    #expect(parts(["#.#", "#.#", "###"]) == [[0, 0, 3, 3, 7]])
    #expect(
      parts(["#.#.#", "#...#", "#####", ".....", "..#.."]) == [[0, 0, 5, 3, 9], [2, 0, 3, 1, 1], [2, 4, 3, 5, 1]])
    #expect(parts(["####", "####"]) == [[0, 0, 4, 2, 8]])
  }

  @Test("the parts of random masks are what a flood from pixel to pixel finds")
  func random() {
    for seed in 0..<40 {
      let size = PixelSize(width: 5 + seed, height: 37 - seed / 2)
      let share = UInt64(10 + seed * 2)
      let bytes = (0..<size.width * size.height).map { place in
        Checksum.xxh64([UInt8(place & 255), UInt8(place >> 8)], seed: UInt64(seed)) % 100 < share ? UInt8(200) : 0
      }
      let found = MaskParts(bytes, size: size, ground: 127)?.parts ?? []
      #expect(Set(found.map { "\($0)" }) == Set(flood(bytes, size).map { "\($0)" }))
    }
  }

  private func flood(_ bytes: [UInt8], _ size: PixelSize) -> [MaskParts.Part] {
    var isLeft = bytes.map { $0 > 127 }
    return bytes.indices.compactMap { start in
      guard isLeft[start] else { return nil }
      var (rest, area) = ([start], 0)
      var box = Box(x1: .infinity, y1: .infinity, x2: 0, y2: 0)
      isLeft[start] = false
      while let place = rest.popLast() {
        let (x, y) = (place % size.width, place / size.width)
        area += 1
        box = Box(
          x1: min(box.x1, Double(x)), y1: min(box.y1, Double(y)), x2: max(box.x2, Double(x + 1)),
          y2: max(box.y2, Double(y + 1)))
        for (dx, dy) in [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)] {
          let (nx, ny) = (x + dx, y + dy)
          guard (0..<size.width).contains(nx), (0..<size.height).contains(ny), isLeft[ny * size.width + nx] else {
            continue
          }
          isLeft[ny * size.width + nx] = false
          rest.append(ny * size.width + nx)
        }
      }
      return MaskParts.Part(box: box, area: area)
    }
  }

  @Test("noise of more than a million stretches is refused")
  func noise() {
    let size = PixelSize(width: 2100, height: 1000)
    let bytes = (0..<size.width * size.height).map { UInt8($0 % 2) }
    #expect(MaskParts(bytes, size: size, ground: 0) == nil)
  }

  /// A mask of white boxes as JPEG, which blurs their edges.
  private func mask(_ boxes: [(Int, Int, Int, Int)], size: PixelSize = PixelSize(width: 200, height: 100)) throws
    -> [UInt8]
  {
    var pixels = Pixels(size: size, channels: 1, value: 0)
    for (x1, y1, x2, y2) in boxes {
      for y in y1..<y2 { for x in x1..<x2 { pixels.bytes[y * size.width + x] = 255 } }
    }
    let encoder = try JPEGEncoder()
    return try pixels.withView { (view) throws -> [UInt8] in try encoder.encode(view, quality: 95) }
  }

  private func labels(_ path: String) throws -> [String: [String]] {
    let dataset = try Dataset.open(path, rule: SplitRule(valShare: 0))
    var found: [String: [String]] = [:]
    for split in dataset.splits {
      for entry in try dataset.entries(split) {
        found[entry.imageID] = entry.labels.map { label in
          let box = label.box(in: PixelSize(width: 200, height: 100))
          return "\(dataset.classNames[label.classID]) "
            + [box.x1, box.y1, box.x2, box.y2].map { "\(Int($0.rounded()))" }.joined(separator: " ")
        }
      }
    }
    return found
  }

  @Test("MVTec AD: classes by folder, good pictures, a mask of two parts, specks, a picture without its mask")
  func mvtec() throws {
    let scratch = try Scratch()
    for (number, file) in ["train/good/000", "test/good/000", "test/scratch/000", "test/scratch/001", "test/hole/000"]
      .enumerated()
    {
      try scratch.write("in/bottle/\(file).jpg", bytes: greyJPEG(UInt8(number)))
    }
    try scratch.write("in/bottle/license.txt", "x")
    try scratch.write(
      "in/bottle/ground_truth/scratch/000_mask.jpg",
      bytes: mask([(16, 16, 40, 32), (104, 48, 160, 80), (80, 8, 81, 10)]))
    try scratch.write("in/bottle/ground_truth/hole/000_mask.jpg", bytes: mask([(0, 0, 200, 100)]))
    let audit = try scratch.prepare("in")
    #expect(
      try labels(scratch.path + "/out") == [
        "train/good/000": [], "test/good/000": [],
        "test/scratch/000": ["scratch 16 16 40 32", "scratch 104 48 160 80"],
        "test/hole/000": ["hole 0 0 200 100"],
      ])
    #expect(audit.wholeFindings.unlabelled.first == ["bottle/test/scratch/001.jpg"])
    #expect(audit.wholeFindings.leftOut[MaskFile.speck]?.count == 1)
    #expect(audit.wholeFindings.notes.contains { $0.contains("are no splits here") })
    #expect(try PreparationSource.read(scratch.path + "/in").classNames == ["hole", "scratch"])

    try scratch.write(
      "in/bottle/ground_truth/hole/000_mask.jpg", bytes: mask([], size: PixelSize(width: 64, height: 64)))
    #expect(
      failure { try scratch.prepare("in", to: "bad") }.contains("000_mask.jpg: is for an image of 64 x 64 pixels, but"))
    try scratch.write("in/bottle/ground_truth/hole/000_mask.jpg", bytes: Array(mask([(0, 0, 9, 9)]).prefix(300)))
    #expect(failure { try scratch.prepare("in", to: "bad") }.contains("000_mask.jpg: is a truncated JPEG"))
    try scratch.write("in/bottle/ground_truth/hole/000_mask.jpg", bytes: mask([(0, 0, 9, 9)]))
    try scratch.write("in/bottle/ground_truth/hole/007_mask.jpg", bytes: mask([(0, 0, 9, 9)]))
    #expect(failure { try scratch.prepare("in", to: "bad") }.contains("1 image that labels name is not there: '007'"))
  }

  @Test("VisA: a CSV of images, labels and masks; its column split")
  func visa() throws {
    let scratch = try Scratch()
    for (number, file) in ["Normal/0000", "Anomaly/000", "Anomaly/001"].enumerated() {
      try scratch.write("in/pcb1/Data/Images/\(file).JPG", bytes: greyJPEG(UInt8(number)))
    }
    for stem in ["000", "001"] {
      try scratch.write("in/pcb1/Data/Masks/Anomaly/\(stem).jpg", bytes: mask([(8, 8, 24, 24)]))
    }
    let row = "pcb1/Data/Images/Anomaly/"
    try scratch.write(
      "in/pcb1/image_anno.csv",
      "image,label,mask\npcb1/Data/Images/Normal/0000.JPG,normal,\n\(row)000.JPG,bent,pcb1/Data/Masks/Anomaly/000.jpg\n"
        + "\(row)001.JPG,\"melt,scratch\",pcb1/Data/Masks/Anomaly/001.jpg\n")
    try scratch.write("in/split_csv/1cls.csv", "object,split,label,image,mask\npcb1,test,anomaly,\(row)000.JPG,x\n")
    try scratch.prepare("in")
    let found = try labels(scratch.path + "/out")
    #expect(found.values.flatMap { $0 }.sorted() == ["bent 8 8 24 24", "melt,scratch 8 8 24 24"] && found.count == 3)
    let source = try PreparationSource.read(scratch.path + "/in")
    #expect(source.format == "visa" && source.wholeFindings.unlabelled.isEmpty && source.ownSplits.isEmpty)

    #expect(source.wholeFindings.notes.contains { $0.hasPrefix("1 masks have several labels") })

    // Masks of numbers: masks of one kind give the number of this kind, and a mask of two kinds gives two classes.
    func numbers(_ rows: [UInt8]) -> [UInt8] {
      Array("P5\n64 64\n255\n".utf8)
        + (0..<64).flatMap { y in [UInt8](repeating: rows[y / 16], count: 32) + [UInt8](repeating: 0, count: 32) }
    }
    for (stem, rows) in [("000", [1, 0, 0, 0]), ("001", [1, 3, 0, 3]), ("002", [0, 3, 0, 0])] as [(String, [UInt8])] {
      try scratch.write("numbers/pcb1/Data/Images/Anomaly/\(stem).JPG", bytes: greyJPEG(7))
      try scratch.write("numbers/pcb1/Data/Masks/Anomaly/\(stem).pgm", bytes: numbers(rows))
    }
    let lines = [("000", "bent"), ("001", "\"bent, scratch\""), ("002", "scratch")].map { stem, label in
      "\(row)\(stem).JPG,\(label),pcb1/Data/Masks/Anomaly/\(stem).pgm\n"
    }
    try scratch.write("numbers/pcb1/image_anno.csv", "image,label,mask\n" + lines.joined())
    #expect(
      try scratch.read("/numbers").rows == [
        "train/000: bent 0.0 0.0 32.0 16.0", "train/001: bent 0.0 0.0 32.0 16.0",
        "train/001: scratch 0.0 16.0 32.0 32.0", "train/001: scratch 0.0 48.0 32.0 64.0",
        "train/002: scratch 0.0 16.0 32.0 32.0",
      ])

    try FileManager.default.removeItem(atPath: scratch.path + "/in/pcb1/image_anno.csv")
    try scratch.write(
      "in/split_csv/1cls.csv",
      "object,split,label,image,mask\npcb1,test,anomaly,\(row)000.JPG,pcb1/Data/Masks/Anomaly/000.jpg\n"
        + "pcb1,train,normal,pcb1/Data/Images/Normal/0000.JPG,\n")
    #expect(try PreparationSource.read(scratch.path + "/in").ownSplits == [.test])
  }

  @Test(
    "the sample, whose masks are PNG",
    .enabled(if: SampleExport.isThere && ImageCodecs.endings.contains("png"), "no samples, or PNG is not read"))
  func sample() throws { try SampleExport.check("mvtec", format: "mvtec") }
}
