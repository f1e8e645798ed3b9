import BoardSupport
import FeederCore
import FeederImaging
import Foundation
import Testing

@testable import FeederCache

@Suite("A damaged cache file is an error that names it, never a crash")
struct CacheDamageTests {
  /// Writes `bytes` beside the file and opens the result.
  private func open(_ bytes: [UInt8], like file: CacheFile) throws -> CacheFile {
    let path = file.path + ".damaged"
    try Data(bytes).write(to: URL(filePath: path))
    return try CacheFile(path: path)
  }

  private func isNamed(_ error: any Error) -> Bool {
    guard error is CacheError else { return false }
    return "\(error)".contains(".damaged") && "\(error)".contains("feeder cache drop")
  }

  @Test(
    "cut off anywhere",
    arguments: [CacheRecipe.encoded, .pixels(channels: 1, imageSize: 64), .tiles(channels: 1)])
  func truncation(recipe: CacheRecipe) throws {
    let fixture = try CacheFixture()
    let file = try fixture.build(recipe)
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: file.path)))
    let near = [0, 1, 63, 64, 127, 128, 191, 192, bytes.count - 65, bytes.count - 64, bytes.count - 1]
    let spread = (1..<50).map { bytes.count * $0 / 50 }
    for length in near + spread {
      #expect("cut to \(length) bytes") {
        try open(Array(bytes[..<length]), like: file)
      } throws: {
        isNamed($0)
      }
    }
    #expect(throws: CacheError.self) { try open(bytes + [0], like: file) }
  }

  @Test("any byte of header, index or end record flipped; in a record, that record alone")
  func flippedBytes() throws {
    let fixture = try CacheFixture(count: 4)
    let file = try fixture.build(.encoded)
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: file.path)))
    let records = file.items.map { $0.offset..<$0.offset + $0.length }
    let end = try #require(records.last?.upperBound)
    for place in Array(0..<128) + Array(stride(from: CacheFormat.aligned(end), to: bytes.count, by: 3)) {
      var damaged = bytes
      damaged[place] ^= 0x10
      #expect("byte \(place)") {
        try open(damaged, like: file)
      } throws: {
        isNamed($0)
      }
    }
    for (index, range) in records.enumerated() {
      for place in stride(from: range.lowerBound, to: range.upperBound, by: 397) {
        var damaged = bytes
        damaged[place] ^= 1
        let opened = try open(damaged, like: file)
        #expect("byte \(place)") {
          try opened.record(index)
        } throws: {
          isNamed($0) && "\($0)".contains(file.items[index].imageID)
        }
        #expect(throws: Never.self) { try opened.record((index + 1) % records.count) }
      }
    }
  }

  @Test(
    "verify finds a flip anywhere in the file",
    arguments: [CacheRecipe.encoded, .pixels(channels: 1, imageSize: 64), .tiles(channels: 1)])
  func verifyFindsAll(recipe: CacheRecipe) throws {
    let fixture = try CacheFixture(count: 6)
    let file = try fixture.build(recipe)
    let entries = try fixture.boards.dataset().entries(.train)
    #expect(try CacheVerification(file, entries).findings.isEmpty)
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: file.path)))
    let gaps = file.items.indices.compactMap { index -> Int? in
      let item = file.items[index]
      return file.gap(after: index).isEmpty ? nil : item.offset + item.length
    }
    #expect(!gaps.isEmpty || recipe.form != .encoded)
    for place in gaps + Array(stride(from: 0, to: bytes.count, by: recipe.form == .tiles ? 997 : 61)) {
      var damaged = bytes
      damaged[place] ^= 0x20
      let isFound: Bool
      do {
        isFound = !(try CacheVerification(open(damaged, like: file), entries).findings.isEmpty)
      } catch {
        isFound = isNamed(error)
      }
      #expect(isFound, "byte \(place) of \(bytes.count)")
    }
  }

  @Test("valid checksums do not make an impossible index possible")
  func hostileIndex() throws {
    let fixture = try CacheFixture(count: 2)
    let file = try fixture.build(.pixels(channels: 1, imageSize: 64))
    let crimes: [(String, (inout CacheItem) -> Void)] = [
      ("offset beyond the file", { $0.offset = 1 << 40 }),
      ("offset near the largest number", { $0.offset = Int.max - 63 }),
      ("offset that is no multiple of 64", { $0.offset += 1 }),
      ("offset in the header", { $0.offset = 64 }),
      ("length beyond the file", { $0.length = 1 << 40 }),
      ("length that overflows", { $0.length = Int.max }),
      ("no record, but not damaged", { $0.length = 0 }),
      ("a length of other pixels", { $0.length -= 1 }),
      ("a size of nothing", { $0.size = nil }),
      ("a size beyond every image", { $0.size = PixelSize(side: 70_000) }),
      ("another stored size", { $0.storedSize = PixelSize(width: 1, height: $0.length) }),
      ("another reduction", { $0.denominator = 4 }),
      ("class 3 of 3", { $0.labels = [Label(classID: 3, centerX: 0, centerY: 0, width: 0, height: 0)] }),
      ("class -1", { $0.labels = [Label(classID: -1, centerX: 0, centerY: 0, width: 0, height: 0)] }),
      (
        "a label that is no number", { $0.labels = [Label(classID: 0, centerX: .nan, centerY: 0, width: 0, height: 0)] }
      ),
      ("a label outside", { $0.labels = [Label(classID: 0, centerX: 1.5, centerY: 0, width: 0, height: 0)] }),
      ("no name", { $0.imageID = "" }),
      ("damaged with a record", { $0.damage = "broken" }),
      (
        "damaged, in a place outside",
        { ($0.damage, $0.length, $0.storedSize, $0.offset) = ("broken", 0, nil, 1 << 40) }
      ),
      (
        "damaged with a size beyond every image",
        {
          ($0.damage, $0.length, $0.storedSize) = ("broken", 0, nil)
          $0.size = PixelSize(width: Int(UInt32.max), height: Int(UInt32.max))
        }
      ),
      (
        "damaged with no height",
        {
          ($0.damage, $0.length, $0.storedSize) = ("broken", 0, nil)
          $0.size = PixelSize(width: 5, height: 0)
        }
      ),
    ]
    #expect(throws: Never.self) { try open(forged(file) { _ in }, like: file) }
    for (name, crime) in crimes {
      #expect("\(name)") {
        try open(forged(file, crime), like: file)
      } throws: {
        isNamed($0)
      }
    }
  }

  @Test("texts that are no UTF-8, or are cut inside a character")
  func hostileTexts() throws {
    let fixture = try CacheFixture(count: 2)
    let file = try fixture.build(.encoded)
    let bytes = try forged(file) { item in
      (item.imageID, item.damage, item.length, item.storedSize) = ("b", "\u{e9}", 0, nil)
    }
    let commit = try bytes.withUnsafeBytes { try CacheCommit($0, itemCount: 2, path: "") }
    let texts = commit.indexOffset + 2 * CacheFormat.itemByteCount + commit.labelCount * CacheFormat.labelByteCount
    let intact = try open(resealed(bytes), like: file)
    #expect(intact.items[0].imageID == "b" && intact.items[0].damage == "\u{e9}")
    let crimes: [(String, (inout [UInt8]) -> Void)] = [
      ("no text", { $0[texts + 2] = 0xff }),
      ("a character without its end", { $0[texts + 2] = UInt8(ascii: "a") }),
      (
        "a name that ends inside a character",
        {
          $0[commit.indexOffset + 88] = 2
          $0[commit.indexOffset + 92] = 1
        }
      ),
    ]
    for (name, crime) in crimes {
      var damaged = bytes
      crime(&damaged)
      #expect("\(name)") {
        try open(resealed(damaged), like: file)
      } throws: {
        isNamed($0) && "\($0)".contains("no text")
      }
    }
  }

  /// The bytes of a file with a changed index and correct checksums.
  private func resealed(_ bytes: [UInt8]) throws -> [UInt8] {
    try bytes.withUnsafeBytes { bytes in
      var commit = try CacheCommit(bytes, itemCount: 2, path: "")
      let index = UnsafeRawBufferPointer(
        rebasing: bytes[commit.indexOffset..<commit.indexOffset + commit.indexByteCount])
      commit.checksum = Checksum.xxh64(index, seed: Checksum.xxh64([UInt8](bytes[..<128])))
      return [UInt8](bytes.dropLast(CacheFormat.commitByteCount)) + commit.bytes
    }
  }

  @Test("counts that do not fit the file")
  func hostileCounts() throws {
    let fixture = try CacheFixture(count: 2)
    let file = try fixture.build(.encoded)
    for (items, labels, texts) in [
      (1 << 60, 0, 0), (Int.max, 0, 0), (0, 0, 0), (2, Int.max, 0), (2, 0, Int.max), (1, 4, 0),
    ] {
      #expect(throws: CacheError.self) {
        try open(forged(file, itemCount: items, labelCount: labels, textByteCount: texts) { _ in }, like: file)
      }
    }
  }

  @Test("another version says which one is read")
  func otherVersion() throws {
    let fixture = try CacheFixture(count: 1)
    let file = try fixture.build(.encoded)
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: file.path)))
    bytes[8] = 9
    #expect(throws: CacheError.otherVersion(path: file.path + ".damaged", version: 9, known: 2)) {
      try open(bytes, like: file)
    }
  }

  @Test("a file that is cut off while it is open is an error at the next record")
  func cutWhileOpen() throws {
    let fixture = try CacheFixture(count: 3)
    let file = try fixture.build(.encoded)
    #expect(truncate(file.path, 4096) == 0)
    #expect(file.items.size(2) != nil && !file.items.imageID(2).isEmpty)
    #expect(throws: CacheError.self) { try file.record(2) }
    let scratch = try DecodeScratch()
    #expect(throws: CacheError.self) { try file.record(2, scratch: scratch) }
  }

  /// The file with its first item changed and, if given, other counts. Every checksum is correct.
  private func forged(
    _ file: CacheFile, itemCount: Int? = nil, labelCount: Int? = nil, textByteCount: Int? = nil,
    _ change: (inout CacheItem) -> Void
  ) throws -> [UInt8] {
    var items = Array(file.items)
    change(&items[0])
    var header = file.header
    header.itemCount = itemCount ?? header.itemCount
    let end = CacheFormat.aligned(file.items.map { $0.offset + $0.length }.max() ?? 0)
    let records = [UInt8](try Data(contentsOf: URL(filePath: file.path)))[128..<end]
    let target = try TemporaryFile(for: file.path + ".forged")
    try records.withUnsafeBytes { try target.write($0, offset: 128) }
    let writer = CacheIndexWriter(
      target, indexOffset: end, itemCount: items.count, labelCount: items.reduce(0) { $0 + $1.labels.count })
    for item in items { try writer.put(item) }
    try writer.seal(header)
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: target.path)))
    var commit = try bytes.withUnsafeBytes {
      try CacheCommit($0, itemCount: items.count, path: target.path)
    }
    commit.labelCount = labelCount ?? commit.labelCount
    commit.textByteCount = textByteCount ?? commit.textByteCount
    return bytes.dropLast(CacheFormat.commitByteCount) + commit.bytes
  }
}
