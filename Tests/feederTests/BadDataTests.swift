import Foundation
import Testing

/// A mistake in a data set, and words that the message about it must contain.
struct DataFault: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let words: [String]
  let damage: @Sendable (SmallBoards) throws -> Void

  private static let labels = "boards/labels/train/board_000000.txt"

  private static func label(_ name: String, _ line: String, _ words: String...) -> DataFault {
    DataFault(testDescription: name, words: ["board_000000.txt, line 2"] + words) { boards in
      try boards.write("0 0.5 0.5 0.1 0.1\n\(line)\n", to: labels)
    }
  }

  private static func configuration(_ name: String, _ text: String, _ words: String...) -> DataFault {
    DataFault(testDescription: name, words: ["data.yaml"] + words) { try $0.write(text, to: "boards/data.yaml") }
  }

  static let all = [
    DataFault(testDescription: "an empty folder", words: ["boards", "data.yaml"]) { boards in
      try FileManager.default.removeItem(at: boards.url("boards"))
      try FileManager.default.createDirectory(at: boards.url("boards"), withIntermediateDirectories: false)
    },
    DataFault(testDescription: "no folder at all", words: ["boards"]) { boards in
      try FileManager.default.removeItem(at: boards.url("boards"))
    },
    DataFault(testDescription: "a split without images", words: ["images/val"]) { boards in
      for name in boards.names("boards/images/val") {
        try FileManager.default.removeItem(at: boards.url("boards/images/val/" + name))
      }
    },
    configuration(
      "a folder that is missing", "train: images/train\nval: images/test\nnames: [a]\n", "'val'", "images/test",
      "missing"),
    configuration("no classes", "train: images/train\nval: images/val\n", "no classes"),
    configuration(
      "a class twice", "train: images/train\nval: images/val\nnames:\n  0: a\n  1: b\n  2: a\n", "line 6", "twice"),
    configuration("what is no YAML", "train: [images\nnames: }\n", "line"),
    label("a label of 4 numbers", "0 0.5 0.5 0.1", "4 values"),
    label("a label with NaN", "0 0.5 nan 0.1 0.1", "nan"),
    label("a label of class 99", "99 0.5 0.5 0.1 0.1", "99", "6"),
    DataFault(testDescription: "a label file that is a pipe", words: ["board_000000.txt", "regular file"]) { boards in
      try FileManager.default.removeItem(at: boards.url(labels))
      try #require(mkfifo(boards.url(labels).path, 0o600) == 0)
    },
  ]
}

@Suite("Data that is not as it must be is refused in one line, and nothing is left behind")
struct BadDataTests {
  @Test("train, cache build and prepare refuse the data set", arguments: DataFault.all)
  func faults(_ fault: DataFault) throws {
    let boards = try SmallBoards()
    try fault.damage(boards)
    let before = boards.names(".")
    for run in [
      try boards.train("boards", "--out", "run"), try boards.feeder("cache", "build", "boards"),
      try boards.feeder("prepare", "boards", "--out", "out", "--format", "yolo"),
    ] {
      expectRefusal(run)
      for word in fault.words { #expect(run.lines.last?.contains(word) == true, "no '\(word)' in: \(run.messages)") }
    }
    #expect(boards.names(".") == before)
  }

  @Test("Bad label lines of both splits are listed by every command, and left out with --skip-bad-labels")
  func badLines() throws {
    let boards = try SmallBoards()
    let good = "0 0.5 0.5 0.1 0.1\n"
    let files = try ["train", "val"].map { split in
      let name = try #require(boards.names("boards/labels/\(split)").first)
      try boards.write(good + "77 0.5 0.5 0.1 0.1\n" + good, to: "boards/labels/\(split)/\(name)")
      return name
    }
    try boards.write("[]", to: "p.json")
    let commands = [
      ["cache", "build", "boards"], ["train", "boards", "--epochs", "1", "--out", "run"] + SmallBoards.smallSteps,
      ["score", "p.json", "boards"], ["prepare", "boards", "--out", "out"],
    ]
    for command in commands {
      let refused = try FeederProcess(command, in: boards.folder.url)
      expectRefusal(refused, "2 bad label lines in 2 files", "--skip-bad-labels")
      for file in files {
        #expect(refused.messages.contains("\(file), line 2: has the class 77"), "\(refused.messages)")
      }
      let done = try FeederProcess(command + ["--skip-bad-labels"], in: boards.folder.url)
      #expect(done.status == 0, "\(done.messages)")
      let all = done.output + done.messages
      #expect(all.contains("1 bad label line is left out: ") && all.contains("1 label line stands twice"), "\(all)")
    }
    #expect(try boards.text("run/args.yaml").contains("skip_bad_labels: true"))
    #expect(try boards.feeder("cache", "verify", "boards").status == 0)
  }

  @Test("Training without a single box is refused; the labels are likely elsewhere")
  func noBoxes() throws {
    let boards = try SmallBoards()
    for name in boards.names("boards/labels/train") { try boards.write("", to: "boards/labels/train/\(name)") }
    expectRefusal(try boards.train("boards", "--out", "run"), "data.yaml", "'train'", "label files hold none")
    try FileManager.default.removeItem(at: boards.url("boards/labels"))
    expectRefusal(
      try boards.train("boards", "--out", "run"), "data.yaml", "'train'", "the folder 'labels' beside 'images'")
    #expect(!boards.exists("run"))
  }
}

/// A file that does not hold an image as its name promises.
enum ImageDamage: String, CaseIterable, Sendable {
  case empty
  case truncated
  case png

  /// A word that the message must contain.
  var word: String {
    switch self {
    case .empty: "empty"
    case .truncated: "truncated"
    case .png: "PNG"
    }
  }

  func apply(to file: URL) throws {
    switch self {
    case .empty: try Data().write(to: file)
    case .truncated:
      let whole = try Data(contentsOf: file)
      try whole.prefix(whole.count / 2).write(to: file)
    case .png:
      let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
      try (Data(signature) + Data("IHDR".utf8) + Data([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0])).write(to: file)
    }
  }
}

@Suite("A damaged image costs one image; more than a hundredth of them, and at least two, stop the run with the list")
struct DamagedImageTests {
  private func image(_ boards: SmallBoards, _ index: Int, _ split: String = "train") -> URL {
    boards.url("boards/images/\(split)/" + boards.names("boards/images/\(split)")[index])
  }

  @Test(
    "Training continues without it and says so once; prepare refuses, or leaves it out with the flag",
    arguments: ImageDamage.allCases)
  func one(_ damage: ImageDamage) throws {
    let boards = try SmallBoards()
    try damage.apply(to: image(boards, 0))
    let run = try boards.train("boards", "--epochs", "2", "--out", "run")
    #expect(run.status == 0, "\(run.messages)")
    let notes = run.lines.filter { $0.hasPrefix("damaged: ") }
    #expect(notes.count == 1 && notes.first?.contains(damage.word) == true, "\(run.messages)")
    expectRefusal(
      try boards.feeder("prepare", "boards", "--out", "out", "--format", "yolo"), damage.word,
      image(boards, 0).lastPathComponent)
    #expect(!boards.exists("out"))
    let prepared = try boards.feeder(
      "prepare", "boards", "--out", "out", "--format", "yolo", "--skip-unreadable", "--json")
    #expect(try prepared.json()["unreadable"] as? [[String: Any]] != nil, "\(prepared.messages)")
    #expect(boards.names("out/images/train").count == boards.names("boards/images/train").count - 1)
  }

  @Test("Two of ten stop training and validation; no run folder is left", arguments: ["auto", "jpeg", "none"])
  func two(_ cache: String) throws {
    let boards = try SmallBoards()
    try ImageDamage.truncated.apply(to: image(boards, 1))
    try ImageDamage.png.apply(to: image(boards, 2))
    let names = [1, 2].map { image(boards, $0).deletingPathExtension().lastPathComponent }
    let run = try boards.train("boards", "--cache", cache, "--epochs", "1", "--out", "run")
    expectRefusal(run, names[0], names[1], "2 of ")
    #expect(!boards.exists("run"))
  }

  @Test("val says which image it could not read; score and predict name it")
  func others() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    try ImageDamage.png.apply(to: image(boards, 0, "val"))
    let name = image(boards, 0, "val").deletingPathExtension().lastPathComponent
    let run = try boards.feeder("val", weights, "boards", "--json")
    #expect(run.status == 0 && run.lines.contains { $0.hasPrefix("damaged: \(name) ") }, "\(run.messages)")
    try boards.write("[]", to: "p.json")
    expectRefusal(try boards.feeder("score", "p.json", "boards"), name, "PNG")
    expectRefusal(
      try boards.feeder("predict", weights, image(boards, 0, "val").path, "--out", "drawn"), "none of the 1")
    #expect(!boards.exists("drawn"))
    #expect(try boards.feeder("predict", weights, "boards/images/val", "--out", "drawn").status == 0)
    #expect(!boards.names("drawn").contains(name + ".jpg") && boards.exists("drawn/predictions.json"))
  }

  @Test("A pipe in the place of an image is named at once, without waiting for it")
  func pipe() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    let image = image(boards, 0, "val")
    try FileManager.default.removeItem(at: image)
    #expect(mkfifo(image.path, 0o600) == 0)
    try boards.write("[]", to: "p.json")
    expectRefusal(try boards.feeder("score", "p.json", "boards"), image.lastPathComponent, "not a regular file")
    let run = try boards.feeder("predict", weights, "boards/images/val", "--out", "drawn")
    #expect(run.status == 0 && run.messages.contains("\(image.lastPathComponent) is not a regular file; left out"))
    expectRefusal(try boards.feeder("prepare", "boards", "--out", "prepared"), "not a regular file")
  }

  @Test("A cache file that was cut in half is named, and rebuilt when it is needed")
  func cutCache() throws {
    let boards = try SmallBoards()
    #expect(try boards.feeder("cache", "build", "boards", "--image-size", "64").status == 0)
    let files = try boards.feeder("cache", "info", "boards", "--json").json()["files"] as? [[String: Any]]
    let paths = try #require(files).compactMap { $0["path"] as? String }
    #expect(paths.count == 2)
    for path in paths {
      let whole = try Data(contentsOf: URL(filePath: path))
      try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
    }
    let info = try boards.feeder("cache", "info", "boards")
    #expect(info.status == 0 && paths.allSatisfy { info.output.contains($0) }, "\(info.output)")
    let verified = try boards.feeder("cache", "verify", "boards")
    #expect(verified.status == 1 && paths.allSatisfy { verified.output.contains($0) }, "\(verified.output)")
    let run = try boards.train("boards", "--stop-after-steps", "1", "--out", "run")
    #expect(run.status == 0 && run.messages.contains("cache: rebuilding train"), "\(run.messages)")
    #expect(try boards.feeder("cache", "verify", "boards").status == 0)
  }
}
