import BoardSupport
import FeederCore
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite("No label file is lost because of its name, and no left-out file goes unsaid")
struct LabelMatchingTests {
  private let label = "0 0.5 0.5 0.1 0.1\n"

  /// A set of `images/train/NAME` and `labels/train/LABEL`, with `images/val/v.jpg`.
  private func dataset(
    _ scratch: Scratch, _ images: [String], _ labels: [String], folder: String = "labels/train", skips: Bool = false
  ) throws -> Dataset {
    for name in images { try scratch.write("images/train/" + name) }
    for name in labels { try scratch.write(folder + "/" + name, label) }
    try scratch.write("images/val/v.jpg")
    try scratch.write("data.yaml", "train: images/train\nval: images/val\nnames: [open]\n")
    return try Dataset.open(scratch.path, skipsBadLabels: skips)
  }

  @Test(
    "A label is taken although its name differs in case, Unicode form, ending or by the image's ending, and a line says so",
    arguments: [
      ("a.jpg", "A.txt"), ("BOARD.JPG", "board.txt"), ("a.jpg", "a.TXT"), ("a.jpg", "a.jpg.txt"),
      ("a.jpg", "A.JPG.TXT"), ("caf\u{E9}.jpg", "cafe\u{301}.txt"), ("sub/a.jpg", "Sub/a.txt"),
    ])
  func renamed(image: String, name: String) throws {
    let scratch = try Scratch()
    let contents = try dataset(scratch, [image, "b.jpg"], [name, "b.txt"]).read(.train)
    #expect(contents.entries.map(\.labels.count) == [1, 1])
    let lines = contents.findings.lines("train")
    #expect(lines.count == 1 && lines[0].contains("1 label file is taken although its name differs: "), "\(lines)")
  }

  @Test("Labels in a folder of another case, beside the images, or where a linked folder leads, are found")
  func folders() throws {
    for folder in ["Labels/train", "labels/TRAIN", "images/train"] {
      let scratch = try Scratch()
      #expect(try dataset(scratch, ["a.jpg"], ["a.txt"], folder: folder).read(.train).entries[0].labels.count == 1)
    }
    let scratch = try Scratch()
    try scratch.write("raw/images/a.jpg")
    try scratch.write("raw/labels/a.txt", label)
    try scratch.write("images/val/v.jpg")
    try #require(symlink("../raw/images", scratch.path + "/images/train") == 0)
    #expect(try dataset(scratch, [], []).read(.train).entries.map(\.labels.count) == [1])
  }

  @Test("A folder that two links lead to is read under both names; a link that leads back is not followed")
  func links() throws {
    let scratch = try Scratch()
    let dataset = try dataset(scratch, ["one/a.jpg"], ["one/a.txt", "two/a.txt"])
    #expect(symlink("one", scratch.path + "/images/train/two") == 0)
    #expect(symlink("..", scratch.path + "/images/train/one/back") == 0)
    let entries = try dataset.read(.train).entries
    #expect(entries.map(\.imageID) == ["one/a", "two/a"] && entries.allSatisfy { $0.labels.count == 1 })
  }

  @Test("Two label files for one image, and one for two images, are refused")
  func ambiguous() throws {
    let two = try Scratch()
    #expect(
      failure { _ = try dataset(two, ["a.jpg"], ["A.txt", "a.TXT"]).read(.train) }.contains("may both belong to"))
    let one = try Scratch()
    #expect(failure { _ = try dataset(one, ["a.jpg", "A.jpg"], ["a.TXT"]).read(.train) }.contains("may belong to"))
    let folders = try Scratch()
    _ = try dataset(folders, ["a.jpg"], ["a.txt"], folder: "Labels/train")
    try folders.write("LABELS/train/a.txt", label)
    #expect(failure { _ = try Dataset.open(folders.path).read(.train) }.contains("differ in case alone"))
  }

  @Test("Label files without an image are listed, and refused if they are more than 1 % of the images")
  func unmatched() throws {
    let scratch = try Scratch()
    let names = (0..<100).map { "a\($0)" }
    let one = try dataset(scratch, names.map { $0 + ".jpg" }, names.map { $0 + ".txt" } + ["lost.txt"])
    #expect(
      try one.read(.train).findings.lines("train") == ["train: 1 label file matches no image: labels/train/lost.txt"])
    try scratch.write("labels/train/sub/lost.txt", label)
    let message = failure { _ = try one.read(.train) }
    #expect(message.contains("2 label files match no image of 'train', which has 100: labels/train/lost.txt"))
    #expect(message.contains("skip_bad_labels") && !message.contains("\n"))
    let lenient = try Dataset.open(scratch.path, skipsBadLabels: true)
    #expect(try lenient.read(.train).findings.unmatched.count == 2)
  }

  @Test("Lists of classes, notes, caches, empty files and labels of images of other splits or kinds are no lost labels")
  func noLabels() throws {
    let scratch = try Scratch()
    let dataset = try dataset(scratch, ["a.jpg", "b.gif", "p/c.gif"], ["a.txt", "b.txt", "p/c.txt"])
    try scratch.write("labels/train/classes.txt", "open\n")
    try scratch.write("labels/train/readme.txt", "1. this is a note of six words\n")
    try scratch.write("labels/train/empty.txt", "\n")
    try scratch.write("labels/train/notes.json", "{}")
    try scratch.write("labels/train.cache", "x")
    let findings = try dataset.read(.train).findings
    #expect(findings.unmatched.isEmpty)
    #expect(
      findings.lines("train") == [
        "train: 2 .gif images are not read (Feeder reads \(FileKind.readable)): images/train/b.gif, images/train/p/c.gif"
      ])
    #expect(findings.otherImages.count == 2)
  }

  @Test(
    "A label that is a link to nothing or cannot be followed is refused by name, alone, by folder, and if no image takes it",
    arguments: [
      ("labels/train/a.txt", "/nowhere/x"), ("labels/train", "/nowhere/x"), ("labels", "/nowhere/x"),
      ("labels", "labels"), ("labels/train/a.txt", "a.txt"), ("labels/train/lost.txt", "/nowhere/x"),
      ("Labels", "/nowhere/x"),
    ])
  func deadLinks(name: String, target: String) throws {
    let scratch = try Scratch()
    let dataset = try dataset(scratch, ["a.jpg"], name.hasSuffix("lost.txt") ? ["a.txt"] : [])
    let path = scratch.path + "/" + name
    try FileManager.default.createDirectory(
      atPath: PathText.folder(of: path), withIntermediateDirectories: true)
    try #require(symlink(target, path) == 0)
    let message = failure { _ = try dataset.read(.train) }
    #expect(message.contains(name), "\(message)")
    let isLost = name.hasSuffix("lost.txt")
    let reason = isLost ? "matches no image" : target == "/nowhere/x" ? "is a link to /nowhere/x" : "symbolic link"
    #expect(message.contains(reason), "\(message)")
    #expect(isLost || failure { _ = try Dataset.open(scratch.path, skipsBadLabels: true).read(.train) } == message)
  }

  @Test("A data.yaml, a folder of images and a list that are links to nothing say so")
  func deadDescriptions() throws {
    for name in ["data.yaml", "images/val", "val.txt"] {
      let scratch = try Scratch()
      try scratch.write("images/train/a.jpg")
      if name != "data.yaml" { try scratch.write("data.yaml", "train: images/train\nval: \(name)\nnames: [open]\n") }
      try #require(symlink("/nowhere/x", scratch.path + "/" + name) == 0)
      for message in [
        failure { _ = try Dataset.open(scratch.path) }, failure { _ = try PreparationSource.read(scratch.path) },
      ] {
        #expect(message.contains("\(scratch.path)/\(name)"), "\(message)")
        #expect(message.contains("is a link to /nowhere/x"), "\(message)")
      }
    }
  }

  @Test(
    "A second label file of an image is listed, and refused if such files are more than 1 % of the images",
    arguments: ["labels/train/a7.TXT", "labels/train/A7.txt", "labels/train/a7.jpg.txt", "images/train/a7.txt"])
  func extra(name: String) throws {
    let scratch = try Scratch()
    let names = (0..<100).map { "a\($0)" }
    let dataset = try dataset(scratch, names.map { $0 + ".jpg" }, names.map { $0 + ".txt" })
    try scratch.write(name, "1 0.25 0.25 0.125 0.125\n")
    let said = "\(name) (images/train/a7.jpg has labels/train/a7.txt)"
    #expect(
      try dataset.read(.train).findings.lines("train") == [
        "train: 1 label file is not read because its image has another: " + said
      ])
    try scratch.write("images/train/lost.txt", label)
    let message = failure { _ = try dataset.read(.train) }
    #expect(message.contains("1 label file of 'train' would not be read because an image has one label file: " + said))
    #expect(message.contains("1 label file matches no image of 'train', which has 100: images/train/lost.txt"))
    #expect(try Dataset.open(scratch.path, skipsBadLabels: true).read(.train).findings.extraLabels.count == 1)
  }

  @Test("A copy of the labels beside the images is no second label file")
  func copies() throws {
    let scratch = try Scratch()
    let dataset = try dataset(scratch, ["a.jpg", "b.jpg"], ["a.txt", "b.txt"])
    for name in ["a", "b"] { try scratch.write("images/train/\(name).txt", label) }
    #expect(try dataset.read(.train).findings.lines("train").isEmpty)
  }

  @Test("One label file under two names, and the label of an image of another list, are no second ones")
  func notExtra() throws {
    for isFolder in [true, false] {
      let scratch = try Scratch()
      let dataset = try dataset(scratch, ["a.jpg"], ["a.txt"])
      if isFolder {
        try FileManager.default.removeItem(atPath: scratch.path + "/labels")
        try scratch.write("images/train/a.txt", label)
        try #require(symlink("images", scratch.path + "/labels") == 0)
      } else {
        try #require(symlink("../../labels/train/a.txt", scratch.path + "/images/train/a.txt") == 0)
      }
      let contents = try dataset.read(.train)
      #expect(contents.findings.lines("train").isEmpty && contents.entries[0].labels.count == 1)
    }
    let scratch = try Scratch()
    for name in ["a", "A"] {
      try scratch.write("images/\(name).jpg")
      try scratch.write("labels/\(name).txt", label)
    }
    try scratch.write("train.txt", "images/a.jpg\n")
    try scratch.write("val.txt", "images/A.jpg\n")
    try scratch.write("data.yaml", "train: train.txt\nval: val.txt\nnames: [open]\n")
    #expect(try Dataset.open(scratch.path).read(.train).findings.lines("train").isEmpty)
  }

  @Test("Hidden images are listed; of the files that macOS leaves beside others, those that hold a JPEG")
  func hidden() throws {
    let scratch = try Scratch()
    let dataset = try dataset(scratch, ["a.jpg", ".b.jpg", "._c.jpg", ".DS_Store", ".png"], ["a.txt"])
    try scratch.write("images/train/._d.jpg", bytes: greyJPEG(1))
    let line = "2 images are not read because their names begin with a dot: images/train/._d.jpg, images/train/.b.jpg"
    #expect(try dataset.read(.train).findings.lines("train") == ["train: " + line])
    let path = scratch.path + "/images/train"
    #expect(try ImageListing(folder: path).lines("here") == ["here: " + line.replacing("images/train", with: path)])
  }

  @Test("Other files among the images are listed by name, those of systems and tools are nothing")
  func otherFiles() throws {
    let scratch = try Scratch()
    let dataset = try dataset(
      scratch, ["a.jpg", "a.xml", "photo", "Thumbs.db", ".DS_Store", "desktop.ini", "b.GIF", "c.heic"], ["a.txt"])
    let lines = try dataset.read(.train).findings.lines("train")
    #expect(lines.count == 3 && lines.contains("train: 2 files are not read: images/train/a.xml, images/train/photo"))
    #expect(lines.contains { $0.hasPrefix("train: 1 .gif image is not read") })
    try scratch.write("images/val/w.jpg")
    #expect(try dataset.read(.val).findings.lines("val") == ["val: 1 folder of images has no label file: images/val"])
  }

  @Test("A name that is not UTF-8 is refused by what can be shown of it")
  func notUTF8() throws {
    let scratch = try Scratch()
    let dataset = try dataset(scratch, ["a.jpg"], ["a.txt"])
    let name = Array((scratch.path + "/images/train/q").utf8) + [0xFE] + Array(".jpg".utf8) + [0]
    let file = name.withUnsafeBytes { bytes in
      bytes.baseAddress.map { open($0.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o644) } ?? -1
    }
    try #require(file >= 0)
    close(file)
    #expect(failure { _ = try dataset.read(.train) }.contains("the name of 'q\\xfe.jpg' is not UTF-8; rename it"))
  }

  @Test("A prepared data set whose images are gone says that they are links, and what to do")
  func movedSource() throws {
    let scratch = try Scratch()
    for name in ["train/a", "train/b", "val/c"] {
      try scratch.write("in/images/\(name).jpg", bytes: greyJPEG(UInt8(name.utf8.count)))
      try scratch.write("in/labels/\(name).txt", label)
    }
    try scratch.write("in/data.yaml", "train: images/train\nval: images/val\nnames: [open]\n")
    try scratch.prepare("in")
    let dataset = try Dataset.open(scratch.path + "/out")
    try FileManager.default.removeItem(atPath: scratch.path + "/in/images/train/a.jpg")
    #expect(try dataset.read(.train).entries.count == 2)
    let one = failure { try scratch.prepare("out", to: "again") }
    #expect(
      one.contains("out/images/train/a.jpg") && one.contains("is a link to \(scratch.path)/in/images/train/a.jpg"))
    try FileManager.default.removeItem(atPath: scratch.path + "/in")
    let message = failure { _ = try dataset.read(.train) }
    #expect(message.contains("all 2 images are links to files that are gone") && message.contains("feeder prepare"))
  }
}
