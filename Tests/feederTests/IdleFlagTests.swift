import Foundation
import Testing

@Suite("A flag without effect is said once, and a value that is none is refused with the true bounds")
struct IdleFlagTests {
  @Test("feeder train says which flags the others take the effect from, and nothing of flags that have one")
  func training() throws {
    let boards = try SmallBoards()
    func warnings(_ flags: String...) throws -> [String] {
      let run = try FeederProcess(
        ["train", "boards", "--image-size", "64", "--batch", "4", "--plan"] + flags, in: boards.folder.url)
      #expect(run.status == 0, "\(run.messages)")
      return run.lines.filter { $0.hasPrefix("warning: ") }.map { line in
        String(line.dropFirst("warning: ".count).prefix { $0 != " " })
      }.sorted()
    }
    #expect(try warnings() == [])
    #expect(
      try warnings(
        "--lr0", "0.1", "--momentum", "0.9", "--mosaic", "0", "--close-mosaic", "3", "--sync-bn", "--cache", "none",
        "--cache-dir", "x", "--verbose", "--workers", "1", "--out", "run", "--hsv-h", "0.5")
        == [
          "--cache-dir", "--close-mosaic", "--hsv-h", "--lr0", "--momentum", "--out", "--sync-bn", "--verbose",
        ])
    #expect(try warnings("--device", "cpu", "--deterministic", "false") == ["--deterministic"])
    #expect(
      try warnings("--optimizer", "adamw", "--warmup-momentum", "0.5", "--warmup-bias-lr", "0.05")
        == ["--warmup-momentum"])
    #expect(
      try warnings("--optimizer", "sgd", "--lr0", "0.1", "--warmup-epochs", "0", "--warmup-momentum", "0.5")
        == ["--warmup-momentum"])
    #expect(
      try warnings("--warmup-momentum", "0.5", "--stop-after-steps", "3", "--checkpoint-every", "2", "--verbose")
        == ["--checkpoint-every", "--stop-after-steps", "--verbose", "--warmup-momentum"])
    try boards.write("lr0: 0.2\nmomentum: 0.937\n", to: "c.yaml")
    #expect(try warnings("--config", "c.yaml") == ["--lr0"], "a value of the file that is not the default's")
  }

  @Test("feeder prepare says that --val-share has no effect if the data set has its own val, and only then")
  func valShare() throws {
    let boards = try SmallBoards()
    func lines(_ source: String, _ out: String) throws -> Int {
      let run = try FeederProcess(["prepare", source, "--out", out, "--val-share", "0.5"], in: boards.folder.url)
      #expect(run.status == 0, "\(run.messages)")
      return run.lines.count { $0.contains("--val-share has no effect: the data set has its own val") }
    }
    #expect(try lines("boards", "one") == 1)
    try boards.write("path: boards\ntrain: images/train\nnames: [a, b, c, d, e, f]\n", to: "no-val.yaml")
    #expect(try lines("no-val.yaml", "two") == 0)
  }

  @Test("A command says once which images it leaves out", arguments: ["open", "forms"])
  func leftOut(bench: String) throws {
    let boards = try SmallBoards()
    try boards.write("x", to: "boards/images/train/x.gif")
    let run = try FeederProcess(
      ["bench", bench, "boards", "--image-size", "64", "--batch", "4", "--memory", "256MiB", "--cache-dir", "kept"],
      in: boards.folder.url)
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.lines.count { $0.contains("1 .gif image is not read") } == 1, "\(run.messages)")
  }

  @Test("A switch of the environment that is not understood is said once, by every command")
  func environment() throws {
    let boards = try SmallBoards()
    try boards.write("[]", to: "p.json")
    for arguments in [["score", "p.json", "boards"], ["train", "boards", "--image-size", "64", "--plan"]] {
      let run = try FeederProcess(arguments, in: boards.folder.url, environment: ["FEEDER_SIMD": "foo"])
      #expect(run.status == 0)
      #expect(run.lines.count { $0.hasPrefix("warning: FEEDER_SIMD=foo has no effect") } == 1, "\(run.messages)")
    }
    let run = try FeederProcess(
      ["score", "p.json", "boards", "--target-escape", "0.1"], in: boards.folder.url, environment: ["FEEDER_SIMD": "c"])
    #expect(run.lines.filter { $0.hasPrefix("warning: ") }.count == 1, "\(run.messages)")
    #expect(run.messages.contains("warning: --target-escape has no effect"))
  }

  @Test(
    "A negative, huge, endless or empty value gets one line with the bounds",
    arguments: [
      (["predict", "w", "i", "--out", "o", "--conf", "-0.5"], "--conf -0.5: give 0 to below 1"),
      (["predict", "w", "i", "--out", "o", "--iou", "nan"], "--iou nan: give above 0 to 1"),
      (["val", "w", "d", "--batch", "-3"], "--batch -3: give 1 to 4096 images"),
      (["val", "w", "d", "--factory", "--target-escape", "-.1"], "--target-escape -0.1: give a share from 0"),
      (["report", "r", "--escape-cost", "-1", "--false-call-cost", "1"], "--escape-cost -1.0: give a cost from 0"),
      (["synth", "--out", "o", "--boards", "-5"], "--boards -5: give 2 to 1000000 boards"),
      (["synth", "--out", "o", "--val-share", "-inf"], "--val-share -inf: give a share above 0 and below 1"),
      (["profile", "d", "--step-ms", "-1"], "--step-ms -1.0: give more than 0 and up to 60000"),
      (["profile", "d", "--read-mib-per-s", "1e308"], "above 0 and below 1000000"),
      (["bench", "step", "d", "--seconds", "-1"], "--seconds -1.0: give more than 0 and up to 86400"),
      (["val", "w", "d", "--save-predictions", ""], "the value of --save-predictions is empty"),
      (["cache", "build", "d", "--memory", "0"], "--memory 0: give a number of bytes above 0"),
      (["train", ""], "is empty"), (["train", "d", "--weights="], "the value of --weights is empty"),
    ])
  func usage(arguments: [String], words: String) throws {
    let folder = try TemporaryFolder()
    let run = try FeederProcess(arguments, in: folder.url)
    #expect(run.status == 2 && run.output.isEmpty, "\(run.status) \(run.messages)")
    #expect(run.lines.first?.contains(words) == true, "\(run.messages)")
  }

  @Test(
    "A setting out of its range is answered with the range, however it is wrong",
    arguments: [
      ("--lr0", "1e308", "above 0 and below 100"), ("--lr0", "-1", "above 0 and below 100"),
      ("--warmup-epochs", "1e308", "0 to 1000000 epochs"), ("--warmup-bias-lr", "100", "from 0 to below 100"),
      ("--epochs", "99999999999999999999", "1 to 1000000 epochs"), ("--epochs", "1e3", "1 to 1000000 epochs"),
      ("--patience", "-1", "0 to 1000000 epochs"), ("--close-mosaic", "9223372036854775807", "0 to 1000000 epochs"),
      ("--stop-after-steps", "99999999999", "0 to 1000000000 steps"), ("--hsv-h", "-0.1", "a share from 0 to 1"),
      ("--translate", "nan", "a share from 0 to 0.5"), ("--seed", "-1", "from 0 to 18446744073709551615"),
      ("--memory", "-1GiB", "a number of bytes"), ("--memory", "99999999999GiB", "it is too large"),
      ("--batch", "1.5", "1 to 4096 images, or auto"), ("--deterministic", "warn", "give true or false"),
    ])
  func settings(flag: String, value: String, words: String) throws {
    let boards = try SmallBoards()
    expectRefusal(try boards.feeder("train", "boards", flag, value), flag + " ", words)
    #expect(!boards.exists("runs"))
  }
}
