import BoardSupport
import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging
import Foundation
import Synchronization
import Testing

@testable import FeederCache

@Suite("Opening a data set finds, builds or rebuilds its cache, and says why")
struct SourceOpenerTests {
  /// Opens the train split. Returns it with the printed lines.
  private func open(
    _ fixture: CacheFixture, _ cache: CacheChoice = .pixels, memory: Int = 1 << 30, channels: Int? = 1,
    rebuild: Bool = false
  ) throws -> (OpenedSource, [String]) {
    var options = SourceOptions(imageSize: 64, memory: memory)
    options.cache = cache
    options.cacheFolder = fixture.folder.url.path
    options.channels = channels
    let lines = Mutex([String]())
    let opener = SourceOpener(
      try fixture.boards.dataset(), options, say: { line in lines.withLock { $0.append(line) } })
    return (try opener.open(.train, rebuild: rebuild), lines.withLock { $0 })
  }

  @Test("a second opening builds nothing", arguments: [CacheChoice.auto, .jpeg, .pixels])
  func secondOpeningFinds(choice: CacheChoice) throws {
    let fixture = try CacheFixture()
    #expect(try open(fixture, choice, channels: nil).0.wasBuilt)
    #expect(try !open(fixture, choice, channels: nil).0.wasBuilt)
  }

  @Test("a source that changed in any way is rebuilt, and the line names it")
  func changesAreNoticed() throws {
    let fixture = try CacheFixture()
    let image = fixture.boards.entries[2].imagePath
    let label = fixture.boards.entries[4].labelPath
    _ = try open(fixture)
    let changes: [(String, () throws -> Void)] = [
      (image, { try fixture.boards.overwrite(2, with: fixture.boards.jpeg(7)) }),
      (
        image,
        {  // same size, content and modification time; the inode's change time still differs
          let old = FileStamp.of(image)
          try fixture.boards.overwrite(2, with: fixture.boards.jpeg(2))
          var times = [timespec](
            repeating: timespec(tv_sec: Int(old.modified / 1_000_000_000), tv_nsec: Int(old.modified % 1_000_000_000)),
            count: 2)
          #expect(utimensat(AT_FDCWD, image, &times, 0) == 0)
          #expect(FileStamp.of(image).modified == old.modified)
        }
      ),
      (
        image,
        {  // another file was renamed to its name
          try FileManager.default.copyItem(atPath: image, toPath: image + ".new")
          #expect(rename(image + ".new", image) == 0)
        }
      ),
      (label, { try "1 0.5 0.5 0.1 0.1\n".write(toFile: label, atomically: false, encoding: .utf8) }),
      (label, { #expect(unlink(label) == 0) }),
    ]
    for (path, change) in changes {
      try change()
      let (opened, lines) = try open(fixture)
      #expect(opened.wasBuilt)
      #expect(lines.contains { $0.contains("rebuilding") && $0.contains(path) })
      #expect(lines.contains { $0.contains("9 of 10 images of train taken over") }, "\(lines)")
      let file = try Data(contentsOf: URL(filePath: #require(opened.file).path))
      #expect(try !open(fixture).0.wasBuilt)
      #expect(try file == Data(contentsOf: URL(filePath: #require(open(fixture, rebuild: true).0.file).path)))
      #expect(opened.entries[4].labels == opened.source.item(4).labels)
    }
    #expect(try !open(fixture).0.wasBuilt)
  }

  @Test("images come and go: the others are taken over, to the bytes of a file built from nothing")
  func otherList() throws {
    let fixture = try CacheFixture()
    _ = try open(fixture)
    let added = fixture.boards.folder.appending(path: "images/train/aa.jpg").path
    func expect(_ count: Int, taken: Int, _ comment: Comment) throws -> OpenedSource {
      let (opened, lines) = try open(fixture)
      #expect(opened.wasBuilt && opened.source.count == count, comment)
      #expect(lines.contains { $0.contains("\(taken) of \(count) images of train taken over") }, "\(comment): \(lines)")
      let path = try #require(opened.file).path
      let file = try Data(contentsOf: URL(filePath: path))
      #expect(try file == Data(contentsOf: URL(filePath: #require(open(fixture, rebuild: true).0.file).path)), comment)
      return opened
    }
    try FileManager.default.copyItem(atPath: fixture.boards.entries[0].imagePath, toPath: added)
    let opened = try expect(11, taken: 10, "one came")
    #expect(opened.source.item(0).imageID == "aa")
    #expect(opened.entries.map(\.labels) == (0..<11).map { opened.source.item($0).labels })
    #expect(unlink(added) == 0 && unlink(fixture.boards.entries[6].imagePath) == 0)
    #expect(unlink(fixture.boards.entries[6].labelPath) == 0)
    _ = try expect(9, taken: 9, "two went")
    try fixture.boards.overwrite(2, with: fixture.boards.jpeg(7))
    try FileManager.default.copyItem(atPath: fixture.boards.entries[0].imagePath, toPath: added)
    _ = try expect(10, taken: 8, "one came, one changed")
  }

  @Test(
    "images of 8 bits beside others of more are refused before a file is written, in one split and between two",
    arguments: [CacheChoice.auto, .jpeg, .pixels, .none], [true, false])
  func mixedDepths(choice: CacheChoice, isOneSplit: Bool) throws {
    let fixture = try CacheFixture()
    let yaml = fixture.boards.folder.appending(path: "data.yaml")
    let deep = Array("P5\n4 2\n4095\n".utf8) + [UInt8](repeating: 7, count: 16)
    if isOneSplit {
      try fixture.boards.overwrite(1, with: deep)
    } else {
      let folder = fixture.boards.folder.appending(path: "images/val")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(deep).write(to: folder.appending(path: "a.pgm"))
      try Data().write(to: fixture.boards.folder.appending(path: "labels/train/a.txt"))
    }
    func message(_ window: String, channels: Int?, training: LevelOptions.Training? = nil) -> String {
      do {
        let split = isOneSplit ? "train" : "val"
        try "train: images/train\nval: images/\(split)\nnames: [a, b, c]\n".write(
          to: yaml, atomically: false, encoding: .utf8)
        var options = SourceOptions(imageSize: 64)
        options.cache = choice
        options.cacheFolder = fixture.folder.url.path
        options.channels = channels
        options.levels = try LevelOptions(window: window, curve: "auto")
        options.levels.training = training
        _ = try SourceOpener(try fixture.boards.dataset(), options).open(.train)
        return "accepted"
      } catch { return "\(error)" }
    }
    for channels in [1, nil] {
      #expect(message("100,3900", channels: channels).contains("some images have 8 bits per sample and others more"))
      #expect(fixture.names.isEmpty, "\(fixture.names)")
    }
    // Weights that were trained on more bits do not fit images of 8 bits, nor some of them.
    let trained = try LevelOptions.Training.levels(#require(LevelWindow(black: 1, white: 9)))
    let refusal = message("auto", channels: 1, training: trained)
    #expect(refusal.contains(isOneSplit ? "some images have 8 bits" : "has images of 8 bits per sample"), "\(refusal)")
    #expect(fixture.names.isEmpty, "\(fixture.names)")
    #expect(message("full", channels: 1) == "accepted")
  }

  @Test("a damaged file is rebuilt, with its damage in a line")
  func damagedFileIsRebuilt() throws {
    let fixture = try CacheFixture()
    let path = try #require(try open(fixture).0.file?.path)
    #expect(truncate(path, 1000) == 0)
    let (opened, lines) = try open(fixture)
    #expect(opened.wasBuilt)
    #expect(lines.contains { $0.contains("rebuilding") && $0.contains(path) })
  }

  @Test("1 channel from 95 % of grey images on; R = G = B counts as grey")
  func automaticChannels() throws {
    let fixture = try CacheFixture(count: 20)
    let encoder = try JPEGEncoder()
    func write(_ index: Int, _ pixels: Pixels) throws {
      try fixture.boards.overwrite(index, with: try pixels.withView { try encoder.encode($0, quality: 90) })
    }
    func colour(_ number: Int) -> Pixels {
      TemporaryBoards.board(number, size: PixelSize(side: 40), channels: 3)
    }
    try write(0, colour(0))
    try write(1, Pixels(size: PixelSize(side: 40), channels: 3, value: 90))
    let (one, lines) = try open(fixture, .pixels, channels: nil)
    #expect(one.source.channels == 1)
    #expect(lines.contains { $0.contains("channels: 1 (19 or more of") || $0.contains("channels: 1 (38 or more of") })
    try write(2, colour(2))
    #expect(try open(fixture, .pixels, channels: nil).0.source.channels == 3)
    #expect(try open(fixture, .pixels, channels: nil).0.wasBuilt == false)
    #expect(try open(fixture, .jpeg, channels: nil).0.source.channels == 3)
    #expect(try open(fixture, .none, channels: nil).0.source.channels == 3)
  }

  @Test("verify names every damaged record and every source whose content changed")
  func verification() throws {
    let fixture = try CacheFixture()
    let path = try fixture.build(.pixels(channels: 1, imageSize: 64)).path
    let entries = fixture.boards.entries
    #expect(try CacheVerification(CacheFile(path: path), entries).findings.isEmpty)
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    bytes[try CacheFile(path: path).items[6].offset] ^= 1
    try Data(bytes).write(to: URL(filePath: path))
    try fixture.boards.overwrite(1, with: fixture.boards.jpeg(2))
    try "2 0.5 0.5 0.1 0.1\n".write(toFile: entries[3].labelPath, atomically: false, encoding: .utf8)
    try FileManager.default.removeItem(atPath: entries[9].imagePath)
    let now = try fixture.boards.dataset().entries(.train)
    let findings = try CacheVerification(CacheFile(path: path), now).findings
    #expect(findings.map(\.imageID) == [1, 3, 6, 9].map { entries[$0].imageID })
    #expect(findings.map { $0.problem.contains("checksum is wrong") } == [false, false, true, false])
  }
}
