import BoardSupport
import FeederCore
import Foundation
import Testing

@testable import FeederDatasets

@Suite("A YOLO data set opens as it is written")
struct DatasetTests {
  @Test("Images are found by ending, sorted by id, with the labels of the twin folder")
  func entries() throws {
    let scratch = try Scratch()
    for name in ["b.jpg", "a.JPG", "sub/c.jpeg", "sub/d.gif", "e.txt", ".hidden.jpg"] {
      try scratch.write("set/images/train/" + name)
    }
    try scratch.write("set/images/val/v.jpg")
    try scratch.write("set/labels/train/sub/c.txt", "1 0.5 0.25 0.125 0.0625\r\n\n  0 0.1 0.2 1e-1 2.0E-1  ")
    try scratch.write(
      "data.yaml", "path: set/\ntrain: images/train/\nval: images/val\nnames: {1: short, 0: open}\nnc: 2\ntest:\n")
    let dataset = try Dataset.open(scratch.path + "/data.yaml")
    #expect(dataset.classNames == ["open", "short"])
    let entries = try dataset.entries(.train)
    #expect(entries.map(\.imageID) == ["a", "b", "sub/c"])
    #expect(
      entries.map(\.imagePath) == ["a.JPG", "b.jpg", "sub/c.jpeg"].map { "\(scratch.path)/set/images/train/\($0)" })
    #expect(entries[2].labelPath == "\(scratch.path)/set/labels/train/sub/c.txt")
    #expect(entries[0].labels.isEmpty && entries[1].labels.isEmpty)
    #expect(
      entries[2].labels == [
        Label(classID: 1, centerX: 0.5, centerY: 0.25, width: 0.125, height: 0.0625),
        Label(classID: 0, centerX: 0.1, centerY: 0.2, width: 0.1, height: 0.2),
      ])
    #expect(try dataset.entries(.val).map(\.imageID) == ["v"])
  }

  @Test("The path of data.yaml is relative to its own folder, or absolute")
  func paths() throws {
    let scratch = try Scratch()
    try scratch.write("pictures/images/t/a.jpg")
    for path in ["../pictures", scratch.path + "/pictures"] {
      try scratch.write("yaml/data.yaml", "path: '\(path)'\ntrain: images/t\nval: images/t\nnames: [x]\n")
      #expect(
        try Dataset.open(scratch.path + "/yaml").entries(.val).first?.imagePath == scratch.path
          + "/pictures/images/t/a.jpg")
    }
  }

  @Test("A box a hair over the edge is kept, one that reaches over it is clipped and counted")
  func clipping() throws {
    let scratch = try Scratch()
    let entry = try #require(
      try scratch.dataset(label: "0 0.1 0.5 0.2000001 0.5\n0 0.095 0.5 0.2 0.5\n1 0.98 0.5 0.1 0.1\n").entries(.train)
        .first)
    #expect(entry.labels[0].width == 0.2000001)
    #expect(entry.tally.clippedCount == 2)
    #expect(abs(entry.labels[1].width - 0.195) < 1e-12)
    #expect(abs(entry.labels[1].centerX - 0.0975) < 1e-12)
    #expect(abs(entry.labels[2].centerX - 0.965) < 1e-12 && abs(entry.labels[2].width - 0.07) < 1e-12)
  }

  @Test("Two files of one id, and a split without images, are refused")
  func images() throws {
    let scratch = try Scratch()
    let dataset = try scratch.dataset(label: "")
    try scratch.write("images/train/a.jpeg")
    #expect(failure { _ = try dataset.entries(.train) }.contains("would share the image id 'a'"))
    try FileManager.default.removeItem(atPath: scratch.path + "/images/val/b.jpg")
    try scratch.write("images/val/b.gif")
    let line = failure { _ = try dataset.entries(.val) }
    #expect(line.contains("/images/val: holds no \(FileKind.readableEither) files (1 images of other kinds"))
  }
}

@Suite("A wrong data.yaml is named with its line and what is wrong")
struct DataYAMLTests {
  @Test(
    "Each kind of mistake",
    arguments: [
      ("train: images/train\nval: images/val\n", "data.yaml: has no classes"),
      ("train: images/train\nval: images/val\nnames:\n", "line 3: has no classes"),
      ("train: images/train\nval: images/val\nnames: []\n", "line 3: has no classes"),
      ("train: images/train\nval: images/val\nnames: [a, b, a]\n", "line 3: class 'a' is named twice"),
      (
        "train: images/train\nval: images/val\nnames:\n  - a\n  - b\n  - a\n",
        "line 6: class 'a' is named twice (first on line 4)"
      ),
      ("train: images/train\nval: images/val\nnames:\n  0: a\n  2: b\n", "line 5: 'names' has 2 classes and the key 2"),
      ("train: images/train\nval: images/val\nnames:\n  0: a\n  0: b\n", "twice"),
      ("train: images/train\nval: images/val\nnames:\n  0: a\n  00: b\n", "class 0 is there twice"),
      ("train: images/train\nval: images/val\nnames:\n  a: 0\n", "line 4: 'names' has the key 'a'"),
      ("train: images/train\nval: images/val\nnames: 6\n", "line 3: 'names' is a single value"),
      ("train: images/train\nval: images/val\nnames: [a, [b]]\n", "line 3: class 1 has no name"),
      ("train: images/train\nval: images/val\nnames: [a]\nnc: 2\n", "line 4: 'nc' says 2 classes, but 'names' has 1"),
      ("train: images/train\nval: images/val\nnames: [a]\nnc: two\n", "line 4: 'nc' is not a whole number"),
      ("train: images/train\nnames: [a]\n", "data.yaml: has no 'val'"),
      ("train: images/train\nval: {a: images/val}\nnames: [a]\n", "line 2: 'val' is a map"),
      ("train: images/train\nval: []\nnames: [a]\n", "line 2: 'val' is empty"),
      ("train: images/train\nval: [images/val, [a]]\nnames: [a]\n", "line 2: 'val' is a list"),
      ("train: images/train\nval:\nnames: [a]\n", "line 2: 'val' is empty"),
      ("train: images/train\nval: images/test\nnames: [a]\n", "images/test, which is missing"),
      ("train: data.yaml\nval: images/val\nnames: [a]\n", "data.yaml, which is not a folder, an image or a .txt file"),
      ("path: nowhere\ntrain: images/train\nval: images/val\nnames: [a]\n", "line 1: 'path' names"),
      ("train: {a: [}\n", "line 1: is not YAML"),
      ("- 1\n- 2\n", "is not a data.yaml"),
      ("", "is not a data.yaml"),
      (String(repeating: "[", count: 100_000), "nests too deeply"),
      (String(repeating: "- ", count: 100_000), "nests too deeply"),
      (
        "#" + String(repeating: "]", count: 100_000) + "\n" + String(repeating: "[", count: 100_000), "nests too deeply"
      ),
      (String(repeating: "[\"]\",", count: 100_000), "nests too deeply"),
      ("a: &a [x]\nb: &b [*a, *a]\n? *b\n: 1\n", "line 2: has the YAML alias '*a'"),
      ("a: &a {}\n<<: *a\n", "line 2: has the YAML alias '*a'"),
      ("train: a\nval: b\nnames: [a]\nnc: 0:0:0:0:0:0:0:0:0:0:0:0\n", "line 4: 'nc' is not a whole number"),
      ("train: a\nval: b\nnames: {0:0:0:0:0:0:0:0:0:0:0:0: a}\n", "line 3: 'names' has the key"),
      ("train: a\nval: b\nnames: [\"\\e[2J\"]\n", "line 3: class 0 has a name with a control character"),
      ("train: a\nval: b\nnames: [\"a\\u2028b\"]\n", "line 3: class 0 has a name with a control character"),
      ("path: \"a\\0b\"\ntrain: a\nval: b\nnames: [a]\n", "line 1: 'path' has a control character"),
    ])
  func broken(yaml: String, problem: String) throws {
    let scratch = try Scratch()
    let message = failure { _ = try scratch.dataset(label: "", yaml: yaml) }
    #expect(message.contains(scratch.path + "/data.yaml"))
    #expect(message.contains(problem))
    #expect(!message.contains("\n"))
  }

  @Test("A data.yaml of megabytes is refused before it is parsed; signs of YAML in a name are not its aliases")
  func size() throws {
    let scratch = try Scratch()
    try scratch.write("data.yaml", String(repeating: "a: b\n", count: 300_000))
    #expect(failure { _ = try Dataset.open(scratch.path) }.contains("1500000 bytes where at most 1048576 make sense"))
    let yaml = "train: images/train\nval: images/val\nnames: ['R&D', '*D', 'a * b & c']\n"
    #expect(try scratch.dataset(label: "", yaml: yaml.replacing("'*D'", with: "'*E'")).classNames[0] == "R&D")
    // The price of looking at signs alone.
    #expect(failure { _ = try scratch.dataset(label: "", yaml: yaml) }.contains("line 3: has the YAML alias '*D'"))
  }

  @Test("A pipe in the place of a label file or a data.yaml is refused at once, and not waited for")
  func pipes() throws {
    let scratch = try Scratch()
    let dataset = try scratch.dataset(label: "")
    #expect(mkfifo(scratch.path + "/labels/train/pipe.txt", 0o600) == 0 && mkfifo(scratch.path + "/p.yaml", 0o600) == 0)
    try scratch.write("images/train/pipe.jpg")
    #expect(failure { _ = try dataset.entries(.train) }.contains("pipe.txt: cannot be read (not a regular file)"))
    #expect(
      failure { _ = try Dataset.open(scratch.path + "/p.yaml") }.contains("p.yaml: cannot be read (not a regular"))
  }

  @Test("Bytes that are not text, a missing file and a folder without one are refused")
  func notThere() throws {
    let scratch = try Scratch()
    try scratch.write("data.yaml", bytes: [0xFF, 0xD8, 0xFF, 0xE0])
    #expect(failure { _ = try Dataset.open(scratch.path) }.contains("not UTF-8"))
    try scratch.write("empty/x.txt")
    #expect(failure { _ = try Dataset.open(scratch.path + "/empty") }.contains("/empty: holds no data.yaml"))
    #expect(
      failure { _ = try Dataset.open(scratch.path + "/none.yaml") }.contains("/none.yaml: cannot be read (No such"))
  }
}
