import BoardSupport
import FeederCore
import FeederImaging
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting
@testable import FeederSynthetic

@Suite("DeepPCB becomes a YOLO data set")
struct DeepPCBTests {
  /// The data set itself, or nil if it is missing.
  static let folder: String? = {
    let chosen = ProcessInfo.processInfo.environment["FEEDER_DEEPPCB"].flatMap { $0.isEmpty ? nil : $0 }
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = chosen ?? package.appending(path: "../shared/datasets/DeepPCB").standardizedFileURL.path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()

  @Test(
    "The real one gives 1,000 and 500 images with 6,873 and 3,140 boxes, each at its place",
    .enabled(if: folder != nil, "no DeepPCB: set FEEDER_DEEPPCB to its folder"))
  func real() throws {
    let folder = try #require(Self.folder)
    let scratch = try Scratch()
    var settings = PreparationSettings()
    settings.threads = 2
    let source = try PreparationSource.read(folder)
    let audit = try source.write(to: scratch.path + "/out", settings: settings).audit
    let (train, val) = (audit.counts(.train), audit.counts(.val))
    #expect((train.imageCount, val.imageCount) == (1000, 500))
    #expect((train.boxCount, val.boxCount) == (6873, 3140))
    #expect(zip(train.classBoxCounts, val.classBoxCounts).map(+) == DefectKind.allCases.map(\.weight))
    #expect(train.largeBoxCount + val.largeBoxCount == 7)
    #expect(train.oneComponentImageCount + val.oneComponentImageCount == 1462)
    #expect(audit.unreadable.isEmpty && audit.duplicatesAcrossSplits.isEmpty)

    let dataset = try Dataset.open(scratch.path + "/out")
    let items = Dictionary(uniqueKeysWithValues: source.items.map { ($0.image.imageID, $0.image) })
    for entry in try dataset.splits.flatMap({ try dataset.entries($0) }) {
      let item = try #require(items[entry.imageID])
      guard case .pixels(let objects, _) = item.objects else { continue }
      let corners = entry.labels.map { label in
        let box = label.box(in: PixelSize(side: 640))
        return [box.x1, box.y1, box.x2, box.y2, Double(label.classID)]
      }
      let wanted = objects.map { [$0.box.x1, $0.box.y1, $0.box.x2, $0.box.y2, Double($0.classID)] }
      #expect(zip(corners.joined(), wanted.joined()).allSatisfy { abs($0 - $1) < 1e-9 })
      #expect(corners.count == wanted.count)
    }
    #expect(
      try FileBytes.read(scratch.path + "/out/images/val/12000593.jpg")
        == FileBytes.read(folder + "/group12000/12000/12000593_test.jpg"))
  }

  /// Two pairs in each list, none ending in a newline.
  private func small(_ scratch: Scratch) throws {
    for (index, stem) in ["0001", "0002", "0003", "0004"].enumerated() {
      try scratch.write("pcb/group1/1/\(stem)_test.jpg", bytes: greyJPEG(UInt8(10 + index)))
      try scratch.write("pcb/group1/1/\(stem)_temp.jpg", bytes: greyJPEG(UInt8(90 + index)))
      try scratch.write("pcb/group1/1_not/\(stem).txt", "10 20 30 60 1\n100,20,200,100,6")
    }
    func line(_ stem: String) -> String { "group1/1/\(stem).jpg group1/1_not/\(stem).txt" }
    try scratch.write("pcb/trainval.txt", line("0002") + "\n" + line("0001"))
    try scratch.write("pcb/test.txt", line("0004") + "\n" + line("0003"))
  }

  @Test("A small one: names by pair, classes from 0, commas as well as spaces")
  func smallOne() throws {
    let scratch = try Scratch()
    try small(scratch)
    let audit = try scratch.prepare("pcb")
    #expect((audit.counts(.train).boxCount, audit.counts(.val).boxCount) == (4, 4))
    #expect(audit.linkedImageCount == 4)
    let entries = try Dataset.open(scratch.path + "/out").entries(.train)
    #expect(entries.map(\.imageID) == ["0001", "0002"])
    #expect(
      entries[0].labels == [
        Label(classID: 0, centerX: 0.1, centerY: 0.4, width: 0.1, height: 0.4),
        Label(classID: 5, centerX: 0.75, centerY: 0.6, width: 0.5, height: 0.8),
      ])
  }

  @Test(
    "A broken one is refused with the file, the line and what is wrong, and nothing is left",
    arguments: [
      ("group1/1_not/0002.txt", "10 20 30 60 1\n10 20 30 60", "1_not/0002.txt, line 2: has 4 values, not 5"),
      ("group1/1_not/0002.txt", "10 20 nan 60 1", "line 1: has 'nan', which is not a whole number"),
      ("group1/1_not/0002.txt", "10 20 30.5 60 1", "line 1: has '30.5', which is not a whole number"),
      ("group1/1_not/0002.txt", "10 20 99999999999999999999 60 1", "is not a whole number"),
      ("group1/1_not/0002.txt", "10 20 30 60 99", "line 1: has the type 99, but DeepPCB has 6"),
      ("group1/1_not/0002.txt", "\n10 20 30 60 0", "line 2: has the type 0"),
      ("group1/1_not/0002.txt", "30 20 30 60 1", "line 1: has a box from (30, 20) to (30, 60), which is empty"),
      (
        "test.txt", "group1/1/0009.jpg group1/1_not/0001.txt",
        "test.txt, line 1: names group1/1/0009_test.jpg, which is missing"
      ),
      ("test.txt", "group1/1/0003.jpg group1/1_not/0009.txt", "line 1: names group1/1_not/0009.txt, which is missing"),
      ("test.txt", "group1/1/0003.jpg", "test.txt, line 1: has 1 words, not 2"),
      ("test.txt", "../0003.jpg x.txt", "line 1: names ../0003.jpg, which leads out of the data set"),
      ("test.txt", "group1/1/0003.png x.txt", "which does not end in .jpg"),
      ("test.txt", "group1/1/0001.jpg group1/1_not/0001.txt", "lists '0001' again (first in"),
      ("test.txt", "", "test.txt: lists no images"),
      ("group1/1/0003_test.jpg", "", "0003_test.jpg is an empty file"),
    ])
  func broken(file: String, content: String, problem: String) throws {
    let scratch = try Scratch()
    try small(scratch)
    try scratch.write("pcb/" + file, content)
    let before = try contents(of: scratch.path)
    let message = failure { try scratch.prepare("pcb", to: "new/out") }
    #expect(message.contains(problem), "\(message)")
    #expect(message.hasPrefix(scratch.path + "/pcb/") || message.hasPrefix("1 unreadable image: \(scratch.path)/pcb/"))
    #expect(!message.contains("\n"))
    #expect(try contents(of: scratch.path) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["pcb"])
  }

  @Test("A missing list is named, and a folder of no known format, an empty one and a missing one are refused")
  func missing() throws {
    let scratch = try Scratch()
    try small(scratch)
    try FileManager.default.removeItem(atPath: scratch.path + "/pcb/test.txt")
    #expect(failure { try scratch.prepare("pcb") }.contains("pcb/test.txt: is missing"))
    try FileManager.default.removeItem(atPath: scratch.path + "/pcb/trainval.txt")
    let unknown = failure { try scratch.prepare("pcb") }
    #expect(unknown.contains("/pcb: holds pictures, but no labels of a known format (coco, ") && unknown.count < 350)
    try FileManager.default.createDirectory(atPath: scratch.path + "/nothing/sub", withIntermediateDirectories: true)
    #expect(
      failure { try scratch.prepare("nothing") }.hasSuffix("/nothing: holds no file; name the folder of a data set"))
    try scratch.write("nothing/sub/notes.md", "#")
    #expect(failure { try scratch.prepare("nothing") }.contains("/nothing: holds 1 file, but no picture and no labels"))
    #expect(failure { try scratch.prepare("pcb", format: "deeppcb") }.contains("trainval.txt: is missing"))
    #expect(failure { try scratch.prepare("none") }.contains("/none: is not there"))
    #expect(failure { try scratch.prepare("pcb/group1/1_not/0001.txt") }.contains("0001.txt: is a file"))
  }
}

@Suite("A YOLO data set is prepared without loss, and audited")
struct YOLOPreparationTests {
  private let names = "names:\n  0: 'yes'\n  1: \"a: b # c\"\n  2: pin-hole\n"

  private func small(_ scratch: Scratch) throws {
    try scratch.write("in/data.yaml", "train: images/train\nval: images/val\n" + names)
    try scratch.write("in/images/train/sub/a.JPG", bytes: greyJPEG(1))
    try scratch.write("in/images/train/b.jpeg", bytes: greyJPEG(2, channels: 3))
    try scratch.write("in/images/train/c.jpg", bytes: greyJPEG(3))
    try scratch.write("in/images/train/d.gif", bytes: [1, 2, 3])
    try scratch.write("in/images/val/e.jpg", bytes: greyJPEG(3))
    try scratch.write("in/labels/train/sub/a.txt", "0 0.1 0.2 0.123456789012345678 3e-2\n1 0.5 0.5 1 1\n")
    try scratch.write("in/labels/train/c.txt", "2 0.05 0.5 0.104 0.5\n")
  }

  @Test("Labels, names and bytes come back, linked or copied, and the source is as it was")
  func roundTrip() throws {
    let scratch = try Scratch()
    try small(scratch)
    let (before, source) = (try contents(of: scratch.path), scratch.path + "/in/images/val/e.jpg")
    let status = try #require(FileBytes.status(source))
    try scratch.prepare("in", to: "linked")
    var settings = PreparationSettings()
    settings.images = .copy
    settings.threads = 3
    #expect(try scratch.prepare("linked/data.yaml", to: "copied", settings: settings).copiedImageCount == 4)
    #expect(try contents(of: scratch.path + "/linked") == contents(of: scratch.path + "/copied"))
    #expect(FileBytes.status(scratch.path + "/copied/images/val/e.jpg")?.st_ino != status.st_ino)

    let (old, new) = (try Dataset.open(scratch.path + "/in"), try Dataset.open(scratch.path + "/copied"))
    #expect(new.classNames == ["yes", "a: b # c", "pin-hole"] && old.classNames == new.classNames)
    for split in old.splits {
      let (first, second) = (try old.entries(split), try new.entries(split))
      #expect(first.map(\.imageID) == second.map(\.imageID))
      #expect(first.map(\.labels) == second.map(\.labels))
      for (left, right) in zip(first, second) {
        #expect(try FileBytes.read(left.imagePath) == FileBytes.read(right.imagePath))
      }
    }
    #expect(try contents(of: scratch.path).filter { $0.key.hasPrefix("in/") } == before)
    let after = try #require(FileBytes.status(source))
    #expect(after.st_nlink == status.st_nlink && after.st_ctim.tv_nsec == status.st_ctim.tv_nsec)
  }

  @Test("The audit counts sizes, empty and clipped boxes, duplicates and other images")
  func audit() throws {
    let scratch = try Scratch()
    try small(scratch)
    try scratch.write("in/images/val/f.jpg", bytes: greyJPEG(4))
    try scratch.write("in/images/val/g.jpg", bytes: greyJPEG(4))
    let audit = try scratch.prepare("in")
    let train = audit.counts(.train)
    #expect((train.imageCount, train.boxCount, train.emptyImageCount, train.clippedBoxCount) == (3, 3, 1, 1))
    #expect(train.classBoxCounts == [1, 1, 1])
    // 24.7 x 3, 20.4 x 50 and 200 x 100 pixels.
    #expect((train.smallBoxCount, train.mediumBoxCount, train.largeBoxCount) == (2, 0, 1))
    #expect(train.oneComponentImageCount == 2)
    #expect(audit.duplicatesAcrossSplits == [["train/c", "val/e"]])
    #expect(audit.duplicatesWithinSplit == [["val/f", "val/g"]])
    #expect(audit.otherImages == [scratch.path + "/in/images/train/d.gif"])
  }

  @Test(
    "An image that does not decode refuses the source, or is left out and named",
    arguments: [("empty", "is an empty file"), ("truncated", "is a truncated JPEG"), ("png", "is a truncated PNG")])
  func unreadable(kind: String, reason: String) throws {
    let scratch = try Scratch()
    try small(scratch)
    let whole = try greyJPEG(77, size: PixelSize(width: 640, height: 480))
    let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]
    let bytes = ["empty": [], "truncated": Array(whole.prefix(whole.count * 2 / 3)), "png": png][kind]
    let path = try scratch.write("in/images/train/bad.jpg", bytes: try #require(bytes))
    let message = failure { try scratch.prepare("in") }
    #expect(message.contains("1 unreadable image: \(path) ") && message.contains(reason), "\(message)")
    #expect(message.contains("skip_unreadable") && !message.contains("\n"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["in"])

    var settings = PreparationSettings()
    settings.skipsUnreadable = true
    let audit = try scratch.prepare("in", settings: settings)
    #expect(audit.unreadable.map(\.file) == [path])
    #expect(try Dataset.open(scratch.path + "/out").entries(.train).map(\.imageID) == ["b", "c", "sub/a"])
  }

  @Test("A source whose every image of a split is unreadable is refused even when told to skip")
  func nothingLeft() throws {
    let scratch = try Scratch()
    try small(scratch)
    try scratch.write("in/images/val/e.jpg")
    var settings = PreparationSettings()
    settings.skipsUnreadable = true
    #expect(failure { try scratch.prepare("in", settings: settings) }.contains("no readable image for val"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["in"])
  }

  @Test("A place inside the source and a folder that is not empty are refused")
  func places() throws {
    let scratch = try Scratch()
    try small(scratch)
    let before = try contents(of: scratch.path)
    #expect(failure { try scratch.prepare("in", to: "in/out") }.contains("lies inside the source"))
    #expect(failure { try scratch.prepare("in", to: "in/images/../../in") }.contains("lies inside the source"))
    try scratch.write("full/x")
    #expect(failure { try scratch.prepare("in", to: "full") }.contains("full: is not empty"))
    #expect(try contents(of: scratch.path).filter { $0.key != "full/x" } == before)
  }
}
