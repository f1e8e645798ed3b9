import BoardSupport
import FeederCore
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite("Data sets are read as the label tools lay them out")
struct LayoutTests {
  private let label = "0 0.5 0.5 0.1 0.1\n"

  /// Writes images, each with one label, at `images` below the folder and `labels`.
  private func write(_ scratch: Scratch, _ pairs: [(image: String, label: String)]) throws {
    for (image, path) in pairs {
      try scratch.write(image, bytes: greyJPEG(UInt8(image.utf8.reduce(0) { $0 &+ Int($1) } % 200)))
      try scratch.write(path, label)
    }
  }

  private func expect(
    _ data: String, _ scratch: Scratch, _ ids: [Split: [String]], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let dataset = try Dataset.open(scratch.path + "/" + data)
    #expect(Set(dataset.splits) == Set(ids.keys), sourceLocation: sourceLocation)
    for (split, wanted) in ids {
      let entries = try dataset.entries(split)
      #expect(entries.map(\.imageID) == wanted, sourceLocation: sourceLocation)
      #expect(
        entries.allSatisfy { $0.labels.count == 1 && PathText.exists($0.imagePath) }, sourceLocation: sourceLocation)
    }
  }

  @Test(
    "CVAT: lists of paths that begin with data/, with the data set's folder, with ./, with nothing, or at the root of a disk",
    arguments: ["data/", "boards/", "./", "", "/home/somebody/export/data/", "obj\\"])
  func cvat(prefix: String) throws {
    let scratch = try Scratch()
    try write(
      scratch,
      [
        ("images/train/a.jpg", "labels/train/a.txt"), ("images/train/b.jpg", "labels/train/b.txt"),
        ("images/val/c.jpg", "labels/val/c.txt"),
      ])
    try scratch.write(
      "train.txt",
      "\u{FEFF}\(prefix)images/train/b.jpg\r\n\n  \(prefix)images/train/a.jpg  \r\n\(prefix)images/train/a.jpg")
    try scratch.write("val.txt", "\(prefix)images/val/c.jpg")
    try scratch.write("data.yaml", "path: ./\ntrain: train.txt\nval: val.txt\nnames: [open]\n")
    try expect("data.yaml", scratch, [.train: ["a", "b"], .val: ["c"]])
    let lines = try Dataset.open(scratch.path).read(.train).findings.lines("train")
    #expect(lines.contains { $0.contains("1 image is named again") })
    #expect(lines.count == (["./", ""].contains(prefix) ? 1 : 2), "\(lines)")
  }

  @Test("Roboflow: ../ in front of folders that lie beside data.yaml, valid for val, and a test that was not exported")
  func roboflow() throws {
    let scratch = try Scratch()
    try write(
      scratch,
      [("set/train/images/a.jpg", "set/train/labels/a.txt"), ("set/valid/images/b.jpg", "set/valid/labels/b.txt")])
    for val in ["../valid/images", "../val/images"] {
      try scratch.write(
        "set/data.yaml", "train: ../train/images\nval: \(val)\ntest: ../test/images\nnc: 1\nnames: ['open']\n")
      try expect("set", scratch, [.train: ["a"], .val: ["b"]])
    }
    let dataset = try Dataset.open(scratch.path + "/set")
    #expect(try dataset.read(.val).findings.lines("val").joined().contains("/valid/images is read in its place"))
    #expect(failure { _ = try dataset.read(.test) }.contains("'test' names"))
    let audit = try scratch.prepare("set")
    #expect(audit.findings[.train]?.notes.contains { $0.contains("'test' is left out") } == true)
    try scratch.write("set/data.yaml", "train: ../../train/images\nval: ../nowhere/images\nnames: ['open']\n")
    #expect(failure { _ = try Dataset.open(scratch.path + "/set") }.contains("/nowhere/images, which is missing"))
  }

  @Test("Label Studio: images, labels and classes.txt; a fifth of them, chosen by their names, is val in every command")
  func labelStudio() throws {
    let scratch = try Scratch()
    let names = (0..<40).map { "board\($0)" }
    try write(scratch, names.map { ("set/images/\($0).jpg", "set/labels/\($0).txt") })
    try scratch.write("set/classes.txt", "\u{FEFF}open\r\npin hole\r\n\n")
    try scratch.write("set/notes.json", "{}")
    let dataset = try Dataset.open(scratch.path + "/set")
    #expect(dataset.classNames == ["open", "pin hole"] && dataset.splits == [.train, .val])
    let (train, val) = (try dataset.entries(.train).map(\.imageID), try dataset.entries(.val).map(\.imageID))
    #expect(Set(train).union(val) == Set(names) && Set(train).isDisjoint(with: val) && (4...14).contains(val.count))
    #expect(
      try dataset.read(.val).findings.lines("val").joined().contains("of 40 images, chosen by their names, are 'val'"))
    // More images move no image that was there.
    try write(scratch, (40..<60).map { ("set/images/board\($0).jpg", "set/labels/board\($0).txt") })
    #expect(try Set(val).isSubset(of: dataset.entries(.val).map(\.imageID)))
    try scratch.prepare("set")
    #expect(try Dataset.open(scratch.path + "/out").entries(.val).count == dataset.entries(.val).count)
  }

  @Test("Two images that nobody split are one for each split; one alone is for training")
  func fewImages() throws {
    let scratch = try Scratch()
    try write(scratch, [("two/images/a.jpg", "two/labels/a.txt"), ("two/images/b.jpg", "two/labels/b.txt")])
    try write(scratch, [("one/images/a.jpg", "one/labels/a.txt")])
    for name in ["one", "two"] { try scratch.write(name + "/data.yaml", "nc: 1\nnames: [open]\n") }
    let two = try Dataset.open(scratch.path + "/two")
    #expect(try (two.entries(.train).count, two.entries(.val).count) == (1, 1))
    #expect(failure { _ = try Dataset.open(scratch.path + "/one").read(.val) }.contains("too few images"))
    try scratch.prepare("one")
    #expect(failure { _ = try Dataset.open(scratch.path + "/out") }.contains("has no 'val'"))
  }

  @Test("labelImg and darknet: labels beside the images, with obj.data, or with the classes among the labels")
  func besideImages() throws {
    let scratch = try Scratch()
    try write(
      scratch, [("set/obj_train_data/a.jpg", "set/obj_train_data/a.txt"), ("set/obj_val/b.jpg", "set/obj_val/b.txt")])
    try scratch.write("set/train.txt", "data/obj_train_data/a.jpg\n")
    try scratch.write("set/val.txt", "data/obj_val/b.jpg\n")
    try scratch.write("set/obj.names", "open\nshort\n")
    try scratch.write(
      "set/obj.data", "classes = 2\ntrain = data/train.txt\nvalid = data/val.txt\nnames = data/obj.names\n")
    try expect("set", scratch, [.train: ["a"], .val: ["b"]])
    try expect("set/obj.data", scratch, [.train: ["a"], .val: ["b"]])
    try write(scratch, [("img/a.jpg", "img/a.txt"), ("img/b.jpg", "img/b.txt")])
    try scratch.write("img/classes.txt", "open\n")
    let dataset = try Dataset.open(scratch.path + "/img")
    #expect(try dataset.entries(.train).count == 1 && dataset.entries(.val)[0].labels.count == 1)
    try scratch.write("img/my.yaml", "train: .\nval: .\nnames: [open]\n")
    try expect("img", scratch, [.train: ["a", "b"], .val: ["a", "b"]])
  }

  @Test("Lists of folders, of lists and of images; folders that hold images and labels; three splits")
  func lists() throws {
    let scratch = try Scratch()
    try write(
      scratch,
      [
        ("set/line1/images/a.jpg", "set/line1/labels/a.txt"), ("set/line2/images/a.jpg", "set/line2/labels/a.txt"),
        ("set/v/images/b.jpg", "set/v/labels/b.txt"), ("set/images/t/c.jpg", "set/labels/t/c.txt"),
        ("set/more/d.jpg", "set/more/d.txt"),
      ])
    try scratch.write("set/list.txt", "./more/d.jpg\n")
    try scratch.write(
      "set/data.yaml",
      "train: [line1/images, line2/images, list.txt]\nvalidation: v\ntest:\n  - images/t/c.jpg\nnames: [open]\n")
    try expect(
      "set/data.yaml", scratch, [.train: ["line1/a", "line2/a", "more/d"], .val: ["b"], .test: ["c"]])
    try scratch.prepare("set/data.yaml")
    try expect("out", scratch, [.train: ["line1/a", "line2/a", "more/d"], .val: ["b"], .test: ["c"]])
    try scratch.write("set/data.yaml", "train: [line1/images, line1/nowhere]\nval: v\nnames: [open]\n")
    #expect(
      failure { _ = try Dataset.open(scratch.path + "/set") }.contains(
        "line 1: 'train' names \(scratch.path)/set/line1/nowhere"))
    try scratch.write("set/line2/images/a.jpeg")
    try scratch.write("set/data.yaml", "train: [line1/images, line2/images]\nval: v\nnames: [open]\n")
    #expect(
      failure { _ = try Dataset.open(scratch.path + "/set").read(.train) }.contains(
        "line2/images/a.jpeg would share the image id 'a'"))
  }

  @Test("A list without one image that is there is refused with the places that were looked at")
  func missingImages() throws {
    let scratch = try Scratch()
    try write(scratch, [("images/a.jpg", "labels/a.txt")])
    try scratch.write("train.txt", "\n/mnt/c/x.jpg\n")
    try scratch.write("data.yaml", "train: train.txt\nval: images\nnames: [open]\n")
    let message = failure { _ = try Dataset.open(scratch.path).read(.train) }
    #expect(message.contains("train.txt, line 2: names /mnt/c/x.jpg") && message.contains("below \(scratch.path)"))
    try scratch.write("train.txt", "images/a.jpg\nimages/gone.jpg\nimages/b.gif\nimages/c.svg\n")
    let contents = try Dataset.open(scratch.path).read(.train)
    #expect(contents.entries.map(\.imageID) == ["a", "gone"])
    #expect(contents.findings.lines("train").joined().contains("1 .gif image is not read"))
  }

  @Test("The only YAML file with classes describes a folder; of two the person names one")
  func otherNames() throws {
    let scratch = try Scratch()
    try write(scratch, [("images/a.jpg", "labels/a.txt")])
    try scratch.write("compose.yml", "services: [a]\n")
    try scratch.write("dataset.yaml", "train: images\nval: images\nnames: [open]\n")
    try expect("", scratch, [.train: ["a"], .val: ["a"]])
    try scratch.write("other.yaml", "train: images\nval: images\nnames: [open]\n")
    #expect(failure { _ = try Dataset.open(scratch.path) }.contains("holds dataset.yaml and other.yaml; name the one"))
    #expect(
      try DatasetImporters.importer(of: SourceFolder(scratch.path + "/other.yaml"), named: nil).type.name == "yolo")
  }

  @Test("Windows: a byte order mark, backslashes and line ends in data.yaml and labels")
  func windows() throws {
    let scratch = try Scratch()
    try write(scratch, [("images/train/a.jpg", "labels/train/a.txt")])
    try scratch.write(
      "data.yaml", "\u{FEFF}path: .\r\ntrain: images\\train\r\nval: images/train\r\nnames:\r\n  0: open\r\n")
    try expect("", scratch, [.train: ["a"], .val: ["a"]])
  }

  @Test("Labels in a folder of oriented boxes are refused, not taken for images without objects")
  func oriented() throws {
    let scratch = try Scratch()
    try write(scratch, [("train/images/a.jpg", "train/labelTxt/a.txt")])
    try scratch.write("data.yaml", "train: train/images\nval: train/images\nnames: [open]\n")
    #expect(
      failure { _ = try Dataset.open(scratch.path).read(.train) }.contains("labelTxt: holds labels of the DOTA format"))
  }
}
