import Foundation
import Testing

@Suite("A run is resumed with its own data and settings, by one process at a time", .serialized)
struct ResumeTests {
  private let boards: SmallBoards

  init() throws {
    boards = try SmallBoards()
    let run = try boards.train("boards", "--epochs", "2", "--stop-after-steps", "1", "--out", "run")
    try #require(run.status == 0, "\(run.messages)")
  }

  private func resume(_ flags: String...) throws -> FeederProcess {
    try FeederProcess(["train", "--resume", "run"] + flags, in: boards.folder.url)
  }

  private func setting(_ key: String) throws -> Substring? {
    try boards.text("run/args.yaml").split(separator: "\n").first { $0.hasPrefix(key + ": ") }?.dropFirst(key.count + 2)
  }

  @Test("The command in the last line resumes the run without DATA, from any folder")
  func withoutData() throws {
    let stopped = try resume()
    let advice = try #require(stopped.lines.last { $0.contains("resume with: feeder train --resume ") })
    let words = try #require(advice.split(separator: ": ").last).prefix { $0 != "," }.split(separator: " ").map(
      String.init)
    #expect(words.prefix(3) == ["feeder", "train", "--resume"])
    let elsewhere = try TemporaryFolder()
    let run = try FeederProcess(
      Array(words.dropFirst()) + ["--stop-after-steps", "0"], in: elsewhere.url)
    #expect(run.status == 0 && run.messages.contains("done: "), "\(run.messages)")
    #expect(try boards.streamRows("run").map(\.[0]) == ["epoch", "1", "2"])
    let report = try FeederProcess(["report", boards.url("run").path], in: elsewhere.url)
    #expect(report.status == 0 && boards.exists("run/report.html"), "\(report.messages)")
  }

  @Test("A setting that may change is written down; any other is refused by name with both values, and nothing changes")
  func otherSettings() throws {
    let before = try boards.text("run/args.yaml")
    expectRefusal(
      try resume("--epochs", "3", "--batch", "2", "--lr0", "0.5"), "--batch 2 (this run has 4)",
      "--lr0 0.5 (this run has 0.01)", "cannot change in a resumed run")
    expectRefusal(try resume("--weights", "run/weights/last.safetensors"), "--weights", "(this run has none)")
    #expect(try boards.text("run/args.yaml") == before)
    // Equal values in another notation are the same settings.
    let run = try resume(
      "--epochs", "3", "--batch", "04", "--lr0", "1e-2", "--stop-after-steps", "0", "--patience", "7")
    #expect(run.status == 0, "\(run.messages)")
    #expect(try boards.streamRows("run").map(\.[0]) == ["epoch", "1", "2", "3"])
    #expect(try setting("epochs") == "3" && setting("patience") == "7" && setting("batch") == "4")
    expectRefusal(try resume("--epochs", "2"), "--epochs 2", "has done 3 epochs")
    let longer = try resume("--epochs", "4")
    #expect(longer.status == 0 && longer.messages.contains("done: "), "\(longer.messages)")
    #expect(try boards.streamRows("run").count == 5)
  }

  @Test("An args.yaml that is empty, cut at the end of any line, or short of a line is refused by name")
  func cutSettings() throws {
    let whole = try boards.text("run/args.yaml")
    let lines = whole.split(separator: "\n")
    #expect(lines.last == "end_of_file: \(lines.count - 1) settings")
    #expect(try setting("workers") == "1" && setting("prefetch") == nil, "what nobody asked for is not pinned")
    var cuts = [0, 1, lines.count / 2, lines.count - 1].map { lines.prefix($0).map { $0 + "\n" }.joined() }
    cuts += [String(whole.dropLast(4)), lines.filter { !$0.hasPrefix("batch:") }.map { $0 + "\n" }.joined()]
    for text in cuts {
      try boards.write(text, to: "run/args.yaml")
      expectRefusal(try resume(), "run/args.yaml")
      #expect(try boards.text("run/args.yaml") == text)
    }
    // A user may change a value and add a line.
    try boards.write("ranks: 1\n" + whole.replacing("patience: 100", with: "patience: 50"), to: "run/args.yaml")
    let run = try resume()
    #expect(run.status == 0, "\(run.messages)")
    #expect(try setting("patience") == "50" && setting("ranks") == "1")
  }

  @Test("Other data is refused with the first difference; the same data in another place is taken, and written down")
  func otherData() throws {
    let drawn = try boards.feeder(
      "synth", "--out", "other", "--boards", "12", "--size", "160", "--seed", "9", "--threads", "1")
    try #require(drawn.status == 0)
    let result = try boards.feeder("train", "other", "--resume", "run")
    expectRefusal(result, "other/data.yaml", "is other data than the run", "image ", "when the run began")
    try FileManager.default.moveItem(at: boards.url("boards"), to: boards.url("moved"))
    expectRefusal(try resume(), "is missing; give its new place", "feeder train DATA --resume")
    expectRefusal(try boards.feeder("report", "run"), "is missing; give its new place", "--data DATA")
    let moved = try boards.feeder("train", "moved", "--resume", "run")
    #expect(moved.status == 0, "\(moved.messages)")
    #expect(try setting("data").map(String.init)?.hasSuffix("/moved") == true)
    #expect(try resume().status == 0)
    // Changed labels; no record; a record that was cut off.
    let labels = "moved/labels/train/" + (try #require(boards.names("moved/labels/train").first))
    try boards.write("0 0.5 0.5 0.5 0.5\n", to: labels)
    expectRefusal(try resume(), "has other labels than when the run began")
    expectRefusal(try boards.feeder("report", "run"), "has other labels than when the run began")
    let record = try boards.text("run/data.csv")
    try boards.write(String(record.dropLast(30)), to: "run/data.csv")
    expectRefusal(try resume(), "run/data.csv", "cut off")
    try FileManager.default.removeItem(at: boards.url("run/data.csv"))
    expectRefusal(try resume(), "other data", "data.csv")
  }

  @Test("A running run is refused to a second process, and continues to its end")
  func twice() throws {
    let running = try RunningFeeder(
      ["train", "boards"] + SmallBoards.smallSteps + ["--epochs", "1000", "--out", "long"], in: boards.folder.url)
    try #require(running.waitForMessage(" 2/1000 "), "no second epoch")  // the first epoch's checkpoint is written
    expectRefusal(
      try boards.feeder("train", "--resume", "long"), "another process is training in it", "process ", " since ")
    expectRefusal(
      try boards.feeder("train", "--resume", "long", "--ranks", "2"), "another process is training in it")
    running.send(SIGINT)
    #expect(try running.finish().status == 130)
    #expect(!boards.names("long").contains { $0.hasPrefix("run.lock") })
    let rows = try boards.streamRows("long").dropFirst().map(\.[0])
    #expect(rows == (1...max(rows.count, 1)).prefix(rows.count).map { Substring("\($0)") })
  }

  @Test("val matches classes by name, and refuses weights of other classes with both lists")
  func classes() throws {
    let yaml = try boards.text("boards/data.yaml")
    let lines = yaml.split(separator: "\n")
    let names = lines.filter { $0.hasPrefix("  ") }.map { $0.split(separator: ": ")[1] }
    let head = "train: images/train\nval: images/val\nnames:\n"
    func data(_ names: some Sequence<Substring>) -> String {
      head + names.enumerated().map { "  \($0): \($1)\n" }.joined()
    }
    try boards.write(data(names.reversed()), to: "boards/turned.yaml")
    let turned = try boards.feeder("val", "run/weights/last.safetensors", "boards/turned.yaml")
    #expect(turned.status == 0 && turned.messages.contains("matched by name"), "\(turned.messages)")
    try boards.write(data(names.dropLast() + ["scratch"]), to: "boards/renamed.yaml")
    expectRefusal(
      try boards.feeder("val", "run/weights/last.safetensors", "boards/renamed.yaml"), "scratch", String(names[0]),
      "give the data of these weights")
  }
}
