import Foundation
import Testing

@Suite("What a user puts into a run folder, moves or links is never lost", .serialized)
struct KeptFilesTests {
  private let boards: SmallBoards

  init() throws { boards = try SmallBoards(30) }

  private func start(_ limit: String, _ words: String...) throws -> RunningFeeder {
    let feeder = try #require(RunningFeeder.program("feeder")).path
    return try RunningFeeder(
      ["-c", "ulimit \(limit); exec \"$0\" \"$@\"", feeder] + words, in: boards.folder.url, program: "/bin/sh")
  }

  private func train(_ flags: String...) throws -> RunningFeeder {
    try RunningFeeder(["train", "boards"] + SmallBoards.smallSteps + flags, in: boards.folder.url)
  }

  @Test("A run that fails before its first checkpoint removes its own files, and leaves a user's")
  func failed() throws {
    // A checkpoint needs more than 9000 blocks.
    func run(_ out: String) throws -> RunningFeeder {
      try start("-f 9000", "train", "boards", "--image-size", "64", "--batch", "4", "--epochs", "1", "--out", out)
    }
    let alone = try run("alone").finish()
    #expect(alone.status == 1 && alone.messages.contains("start again"), "\(alone.messages)")
    #expect(!boards.exists("alone"))
    let running = try run("run")
    #expect(running.waitForMessage("training yolov8"))
    try FileManager.default.createDirectory(at: boards.url("run/sub"), withIntermediateDirectories: false)
    for name in ["notes.txt", "sub/x", "labels.csv"] { try boards.write("mine", to: "run/" + name) }
    let ended = try running.finish()
    #expect(ended.status == 1, "\(ended.messages)")
    #expect(
      ended.messages.contains("stays, because it holds what this run did not write: labels.csv, notes.txt, sub\n"))
    #expect(boards.names("run") == ["labels.csv", "notes.txt", "sub"])
    #expect(boards.names("run/sub") == ["x"])
  }

  @Test("A run whose folder is moved away ends in a line that says so, and can be resumed in the new place")
  func moved() throws {
    let running = try train("--epochs", "1000", "--patience", "0", "--out", "a run")
    #expect(running.waitForMessage(" 2/1000 "))
    try FileManager.default.moveItem(at: boards.url("a run"), to: boards.url("moved"))
    let ended = try running.finish()
    #expect(ended.status == 1, "\(ended.messages)")
    #expect(ended.lines.last?.contains("/a run is missing; if it was moved") == true, "\(ended.messages)")
    #expect(ended.lines.last?.contains("start again") == false)
    let resumed = try boards.feeder("train", "--resume", "moved", "--stop-after-steps", "1")
    #expect(resumed.status == 0, "\(resumed.messages)")
  }

  @Test("Without descriptors synth ends in one line and leaves nothing, so that the next one begins anew")
  func fewDescriptors() throws {
    for count in [5, 6, 7, 8] {
      for _ in 0..<2 {
        let ended = try start("-n \(count)", "synth", "--out", "lm", "--boards", "4").finish()
        #expect(ended.status == 1 && ended.messages.contains("Too many open files"), "\(count): \(ended.messages)")
      }
    }
    #expect(boards.names(".").allSatisfy { !$0.hasPrefix(".") && $0 != "lm" }, "\(boards.names("."))")
  }

  @Test("Files of another run, and settings changed by hand, are refused by name on --resume and in a report")
  func otherRun() throws {
    let (flags, names) = (
      ["--epochs", "2", "--checkpoint-every", "1"],
      ["args.yaml", "results.csv", "weights/last.safetensors", "weights/best.safetensors"]
    )
    for (out, seed) in [("run", "1"), ("other", "2")] {
      let run = try FeederProcess(
        ["train", "boards"] + SmallBoards.smallSteps + flags + ["--seed", seed, "--out", out], in: boards.folder.url)
      try #require(run.status == 0, "\(run.messages)")
    }
    func expectRefused(_ name: String, _ words: String) throws {
      let before = try Data(contentsOf: boards.url("run/" + name))
      for command in [["train", "--resume", "run", "--epochs", "3"], ["report", "run"]] {
        let run = try FeederProcess(command, in: boards.folder.url)
        expectRefusal(run, "is not of the run that wrote", words)
      }
      #expect(try Data(contentsOf: boards.url("run/" + name)) == before)
    }
    for name in names {
      let own = try Data(contentsOf: boards.url("run/" + name))
      try Data(contentsOf: boards.url("other/" + name)).write(to: boards.url("run/" + name))
      try expectRefused(name, name == "results.csv" ? "other losses or another stream" : "seed ")
      try own.write(to: boards.url("run/" + name))
    }
    let settings = try boards.text("run/args.yaml")
    try boards.write(settings.replacing("momentum: 0.937", with: "momentum: 0.5"), to: "run/args.yaml")
    try expectRefused("args.yaml", "momentum 0.5 (that run has 0.937)")
    try boards.write(settings, to: "run/args.yaml")
    // A run without its best weights is resumed and reported, with a line.
    try FileManager.default.removeItem(at: boards.url("run/weights/best.safetensors"))
    let report = try boards.feeder("report", "run")
    #expect(report.status == 0 && report.messages.contains("best.safetensors is missing"), "\(report.messages)")
    let resumed = try boards.feeder("train", "--resume", "run", "--epochs", "3")
    #expect(resumed.status == 0 && resumed.messages.contains("best.safetensors: is missing"), "\(resumed.messages)")
  }

  @Test("A folder, a pipe or a text in the place of a checkpoint is refused before the first step, and stays")
  func places() throws {
    #expect(try train("--epochs", "1", "--out", "run").finish().status == 0)
    #expect(try boards.feeder("train", "--resume", "run", "--epochs", "2").status == 0)
    for name in ["last", "previous", "best"] {
      let url = boards.url("run/weights/\(name).safetensors")
      let aside = boards.url("aside")
      try FileManager.default.moveItem(at: url, to: aside)
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
      expectRefusal(
        try boards.feeder("train", "--resume", "run", "--epochs", "3"), url.lastPathComponent, "is a folder")
      try FileManager.default.removeItem(at: url)
      try Data("mine".utf8).write(to: url)
      expectRefusal(
        try boards.feeder("train", "--resume", "run", "--epochs", "3"), url.lastPathComponent, "move it away")
      #expect(try Data(contentsOf: url) == Data("mine".utf8))
      try FileManager.default.removeItem(at: url)
      try FileManager.default.moveItem(at: aside, to: url)
    }
  }
}
