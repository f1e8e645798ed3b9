import BoardSupport
import FeederCore
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite("Every bad label line of a data set is named in one run")
struct BadLabelLineTests {
  @Test(
    "Each kind of bad line is named with its file and number",
    arguments: [
      ("0 0.5 0.5 0.1", "has 4 values, not 5"),
      ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.3", "has 8 values, not 5"),
      ("0 0.5 0.5 0.1 0.1 7", "a sixth number, 7.0, which is no confidence"),
      ("0 0.5 nan 0.1 0.1", "'nan', which is not a finite number"),
      ("0 0.5 inf 0.1 0.1", "'inf', which is not a finite number"),
      ("0 0.5 1e999 0.1 0.1", "'1e999', which is not a finite number"),
      ("0 0x1 0.5 0.1 0.1", "'0x1', which is not a finite number"),
      ("0 0,5 0.5 0.1 0.1", "'0,5', which is not a finite number"),
      ("99 0.5 0.5 0.1 0.1", "class 99, but the data set has 2 (0 to 1)"),
      ("-1 0.5 0.5 0.1 0.1", "class -1, but the data set has 2"),
      ("1e300 0.5 0.5 0.1 0.1", "not a whole number"),
      ("0.5 0.5 0.5 0.1 0.1", "class 0.5, which is not a whole number"),
      ("0 0.5 0.5 0 0.1", "both must be above 0"),
      ("0 0.5 0.5 0.1 -0.1", "both must be above 0"),
      ("0 0.5 0.5 0.1 1.5", "at most 1"),
      ("0 320 240 0.1 0.1", "outside of the image"),
      ("0 -0.01 0.5 0.1 0.1", "outside of the image"),
      ("0 64 64 128 64 128 128", "an outline from (64.0, 64.0) to (128.0, 128.0), outside of the image"),
      ("0 0.1 0.1 0.2 0.1 0.3 0.1", "an outline without area"),
      ("0 1 1 1 1e-77", "a box without area inside of the image"),
    ])
  func broken(line: String, problem: String) throws {
    let scratch = try Scratch()
    let dataset = try scratch.dataset(label: "1 0.5 0.5 0.1 0.1\n\n\(line)\n")
    let message = failure { _ = try dataset.entries(.train) }
    #expect(message.contains("\(scratch.path)/labels/train/a.txt, line 3: "))
    #expect(message.contains(problem), "\(message)")
    #expect(message.contains("skip_bad_labels") && !message.contains("\n"))
    let (labels, tally, badLines) = try #require(LabelFile.all(of: "1 0.5 0.5 0.1 0.1\n\(line)"))
    #expect(labels.count == 1 && tally == LabelTally() && badLines.map(\.line) == [2])
  }

  /// Two splits with 25 bad lines in three files, among good ones.
  private func many(_ scratch: Scratch) throws {
    for name in ["images/train/a.jpg", "images/train/b.jpg", "images/val/c.jpg"] {
      try scratch.write("in/" + name, bytes: greyJPEG(UInt8(name.utf8.count)))
    }
    try scratch.write("in/labels/train/a.txt", "0 0.5 0.5 0.1 0.1\n9 0.5 0.5 0.1 0.1\n")
    try scratch.write("in/labels/train/b.txt", String(repeating: "0 0.5 0.5 0.1\n", count: 23))
    try scratch.write("in/labels/val/c.txt", "0 0.5 0.5 0.1 -1\n1 0.5 0.5 0.1 0.1\n")
    try scratch.write("in/data.yaml", "train: images/train\nval: images/val\nnames: [open, short]\n")
  }

  @Test("25 bad lines of both splits: the first twenty and a count, whatever split is read")
  func all() throws {
    let scratch = try Scratch()
    try many(scratch)
    let dataset = try Dataset.open(scratch.path + "/in")
    for split in [Split.train, .val] {
      let error = #expect(throws: DatasetError.self) { _ = try dataset.read(split) }
      let details = try #require(error).details
      #expect(details.count == 21 && details.last == "and 5 more bad label lines", "\(details)")
      #expect(details[0].hasPrefix("bad label: \(scratch.path)/in/labels/train/a.txt, line 2: has the class 9"))
      #expect("\(try #require(error))".hasPrefix("25 bad label lines in 3 files, the first in \(scratch.path)/in/"))
    }
    let error = #expect(throws: DatasetError.self) { try scratch.prepare("in") }
    #expect(error?.details.count == 21)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["in"])
  }

  @Test("Bad lines are left out and counted when a person asks for that")
  func skipped() throws {
    let scratch = try Scratch()
    try many(scratch)
    let contents = try Dataset.open(scratch.path + "/in", skipsBadLabels: true).read(.train)
    #expect(contents.entries.map(\.labels.count) == [1, 0])
    #expect(contents.findings.lines("train").count == 1)
    #expect(
      contents.findings.lines("train")[0].hasPrefix(
        "train: 24 bad label lines are left out: \(scratch.path)/in/labels/train/a.txt, line 2: has"))
    let audit = try PreparationSource.read(scratch.path + "/in", skipsBadLabels: true)
      .write(to: scratch.path + "/out", settings: PreparationSettings()).audit
    #expect(audit.findings[.val]?.badLines.count == 1 && audit.counts(.val).boxCount == 1)
    #expect(try Dataset.open(scratch.path + "/out").entries(.train).map(\.labels.count) == [1, 0])
  }

  @Test("A label path that is a folder is an error, not an image without objects")
  func folder() throws {
    let scratch = try Scratch()
    let dataset = try scratch.dataset(label: "")
    try scratch.write("labels/val/b.txt/x")
    #expect(failure { _ = try dataset.entries(.val) }.contains("labels/val/b.txt: cannot be read (not a regular file)"))
  }
}

extension LabelFile {
  /// What the text of a label file of two classes gives.
  static func all(
    of text: String, hasKeyPoints: Bool = false
  ) -> (labels: [Label], tally: LabelTally, badLines: [BadLabelLine])? {
    let file = LabelFile([UInt8](text.utf8), style: Style(classCount: 2, hasKeyPoints: hasKeyPoints))
    return (file.labels, file.tally, file.badLines)
  }
}

@Suite("Label lines that other tools write are read, and counted if something of them is not used")
struct ForeignLabelLineTests {
  private func read(_ text: String, hasKeyPoints: Bool = false) throws -> (labels: [Label], tally: LabelTally) {
    let (labels, tally, badLines) = try #require(LabelFile.all(of: text, hasKeyPoints: hasKeyPoints))
    #expect(badLines.isEmpty)
    return (labels, tally)
  }

  private func near(_ label: Label, _ classID: Int, _ numbers: Double...) -> Bool {
    label.classID == classID
      && zip([label.centerX, label.centerY, label.width, label.height], numbers).allSatisfy { abs($0 - $1) < 1e-9 }
  }

  @Test("Outlines and four corners become the boxes around them, clipped to the image")
  func outlines() throws {
    let (labels, tally) = try read(
      "0 0.1 0.2 0.3 0.2 0.2 0.5\n1 0.5 -0.02 0.9 0.1 0.8 0.3 0.4 0.2\n1 0.5 0.5 0.1 0.1\n")
    #expect(labels.count == 3)
    #expect(near(labels[0], 0, 0.2, 0.35, 0.2, 0.3) && near(labels[1], 1, 0.65, 0.15, 0.5, 0.3))
    #expect(tally.outlineCount == 2 && tally.clippedCount == 1)
  }

  @Test("A sixth number is a confidence, and key points follow a box only if data.yaml says so")
  func moreNumbers() throws {
    let (labels, tally) = try read("1.0 0.5 0.5 0.1 0.1 0.93\n")
    #expect(near(labels[0], 1, 0.5, 0.5, 0.1, 0.1) && tally.confidenceCount == 1)
    let points = "0 0.5 0.5 0.1 0.1 0.4 0.4 2 0.6 0.6 1\n"
    let (people, pose) = try read(points, hasKeyPoints: true)
    #expect(near(people[0], 0, 0.5, 0.5, 0.1, 0.1) && pose.keyPointCount == 1 && pose.outlineCount == 0)
    let scratch = try Scratch()
    let yaml = "train: images/train\nval: images/val\nnames: [a]\nkpt_shape: [2, 3]\n"
    #expect(try near(#require(scratch.dataset(label: points, yaml: yaml).entries(.train).first?.labels.first), 0, 0.5))
  }

  @Test("A byte order mark, tabs, blank lines, carriage returns and spaces at the end are nothing")
  func windows() throws {
    let (labels, tally) = try read("\u{FEFF}0\t0.5 0.5\t0.1 0.1 \r\n\r\n  1 0.5 0.5 0.2 0.2\r\n")
    #expect(labels.map(\.classID) == [0, 1] && tally == LabelTally())
    let scratch = try Scratch()
    let yaml = "\u{FEFF}train: images/train\r\nval: images/val\r\nnames: [a, b]\r\n"
    let dataset = try scratch.dataset(label: "\u{FEFF}1 0.5 0.5 0.1 0.1", yaml: yaml)
    #expect(try dataset.entries(.train)[0].labels.map(\.classID) == [1])
  }

  @Test("A lone carriage return ends a line of labels, lists, classes and DeepPCB's files")
  func carriageReturns() throws {
    let (labels, _) = try read("0 .5 .5 .2 .2\r0 .3 .3 .1 .1\r\r\n1 .7 .7 .1 .1\r")
    #expect(labels.map(\.classID) == [0, 0, 1])
    let bad = LabelFile([UInt8]("0 .5 .5 .2 .2\r\n\r9\n8\r".utf8), style: .init(classCount: 1)).badLines
    #expect(bad.map(\.line) == [3, 4])
    let scratch = try Scratch()
    for name in ["a.jpg", "b.jpg"] { try scratch.write(name) }
    #expect(try ImageList(scratch.write("l.txt", "a.jpg\rb.jpg\r"), bases: []).paths.count == 2)
    #expect(try ClassList(file: scratch.write("classes.txt", "open\rshort\r")).classNames == ["open", "short"])
    #expect(try DeepPCB.objects(of: scratch.write("d.txt", "1 1 9 9 1\r2 2 8 8 2\r")).objects.count == 2)
  }

  @Test("A label file in UTF-16 is refused in one line and never left out", arguments: [true, false])
  func utf16(hasMark: Bool) throws {
    let scratch = try Scratch()
    _ = try scratch.dataset(label: "")
    let text = Array("1 0.5 0.5 0.1 0.1\n".utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    try scratch.write("labels/train/a.txt", bytes: (hasMark ? [0xFF, 0xFE] : []) + text)
    for skips in [true, false] {
      #expect(
        failure { _ = try Dataset.open(scratch.path, skipsBadLabels: skips).read(.train) }
          == "\(scratch.path)/labels/train/a.txt: is UTF-16; save it as UTF-8")
    }
  }

  @Test("Lines that give one class and box count once, in short and in long files")
  func duplicates() throws {
    let line = "1 0.5 0.5 0.25 0.25\n"
    let (labels, tally) = try read(line + "0 0.5 0.5 0.25 0.25\n" + line + "1 .5 5e-1 0.250 0.25\n")
    #expect(labels.map(\.classID) == [1, 0] && tally.duplicateCount == 2)
    let (both, same) = try read("0 0.3 0.7 0.1 0.1\n0 0.25 0.65 0.35 0.65 0.35 0.75 0.25 0.75\n")
    #expect(both.count == 1 && same.duplicateCount == 1, "a box and the outline of the same box")
    let many = (0..<500).map { "0 0.\(100 + $0) 0.5 0.1 0.1\n" }.joined()
    let (long, twice) = try read(many + line + many + line)
    #expect(long.count == 501 && twice.duplicateCount == 501)
    #expect(try read(many + "0 0.1 0.45 0.2 0.45 0.2 0.55 0.1 0.55\n").tally.duplicateCount == 1)
  }

  @Test("A split tells each kind in one line with a count and the first files")
  func lines() throws {
    let scratch = try Scratch()
    let line = "0 0.5 0.5 0.1 0.1\n"
    let label = line + line + "1 0.98 0.5 0.1 0.1\n0 0.1 0.2 0.3 0.2 0.2 0.5\n"
    let contents = try scratch.dataset(label: label).read(.train)
    #expect(
      contents.findings.lines("train") == [
        "train: 1 box reaches over the edge of its image and is clipped: labels/train/a.txt",
        "train: 1 outline is read as the box around it: labels/train/a.txt",
        "train: 1 label line stands twice in its file and counts once: labels/train/a.txt",
      ])
  }

  @Test("DeepPCB's label files follow the same rules: clipped, once, and all bad lines in one run")
  func deepPCB() throws {
    let scratch = try Scratch()
    for stem in ["1", "2", "3"] { try scratch.write("pcb/g/\(stem)_test.jpg", bytes: greyJPEG(UInt8(stem) ?? 0)) }
    try scratch.write("pcb/trainval.txt", "g/1.jpg g/1.txt\ng/3.jpg g/3.txt")
    try scratch.write("pcb/test.txt", "g/2.jpg g/2.txt")
    try scratch.write("pcb/g/1.txt", "10 20 30 60 1\n10 20 30 60 1\n1 2 3\n10 20 30 60 9\n")
    try scratch.write("pcb/g/2.txt", "300 20 400 60 1\n10 20 30 60 1\n")
    try scratch.write("pcb/g/3.txt", "10 20 30 60 1\n10 20 30 60 1\n180 20 216 60 2\n")
    let error = #expect(throws: DatasetError.self) { try scratch.prepare("pcb") }
    #expect(error?.details.count == 2, "\(error?.details ?? [])")
    let audit = try PreparationSource.read(scratch.path + "/pcb", skipsBadLabels: true)
      .write(to: scratch.path + "/out", settings: PreparationSettings()).audit
    #expect(audit.findings[.train]?.badLines.count == 2 && audit.findings[.train]?.badImages.count == 1)
    #expect(audit.counts(.train).imageCount == 1 && audit.counts(.val).outsideBoxCount == 1)
    #expect((audit.counts(.train).boxCount, audit.counts(.val).boxCount) == (2, 1))
    #expect(audit.counts(.train).clippedBoxCount == 1 && audit.counts(.train).duplicateBoxCount == 1)
  }
}
