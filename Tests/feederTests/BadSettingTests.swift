import Foundation
import Testing

@Suite("A setting that makes no sense is refused in one line, before anything is made")
struct BadSettingTests {
  @Test(
    "Values out of their range, too large to count with, or no numbers at all",
    arguments: [
      "--epochs=-1", "--epochs=9223372036854775807", "--epochs=two", "--image-size=100", "--image-size=0",
      "--nominal-batch=9223372036854775807", "--nominal-batch=0", "--batch=0", "--batch=9223372036854775808",
      "--engine-threads=0", "--engine-threads=99999999", "--workers=0", "--workers=5000", "--prefetch=0",
      "--memory=1KiB", "--memory=-1GiB", "--mosaic=nan", "--scale=7", "--translate=inf", "--lr0=inf", "--lr0=0",
      "--warmup-epochs=nan", "--seed=-1", "--optimizer=adam", "--precision=fp8", "--model=yolov9n", "--channels=2",
      "--cache=tape", "--device=gpu", "--device=cuda:99", "--stop-after-steps=-1", "--weights=nowhere.safetensors",
    ])
  func refused(_ setting: String) throws {
    let boards = try SmallBoards()
    let parts = setting.split(separator: "=").map(String.init)
    let flags = Set(["--batch", "--image-size", "--engine-threads", "--workers"])
    let base =
      flags.contains(parts[0]) ? ["--batch", "4"].filter { _ in parts[0] != "--batch" } : SmallBoards.smallSteps
    let run = try FeederProcess(
      ["train", "boards"] + base + [parts[0], parts[1], "--out", "run"], in: boards.folder.url)
    expectRefusal(run, parts[0] == "--weights" ? parts[1] : parts[0])
    #expect(!boards.exists("run"))
  }

  @Test(
    "What the command line itself cannot read is a matter of usage",
    arguments: [
      ["train", "boards", "--epoch", "1"], ["train"], ["val", "w", "boards", "--image-size", "100"],
      ["val", "w", "boards", "--batch", "0"], ["predict", "w", "--out", "x"], ["score", "p.json"],
      ["synth", "--out", "x", "--boards", "-1"], ["cache", "build", "boards", "--image-size", "0"], ["cache", "mend"],
    ])
  func usage(_ arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let run = try FeederProcess(arguments, in: folder.url)
    #expect(run.status == 2 && run.output.isEmpty && run.messages.hasPrefix("Error: "), "\(run.messages)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }

  @Test("A file of settings: an unknown key is a warning, a broken file or value is refused")
  func configurationFile() throws {
    let boards = try SmallBoards()
    try boards.write(
      "imgsz: 64\nbatch: 4\nengine_threads: 1\ncos_lr: True\nmixup: 0.0\nclasses: [1, 2]\npatience: null\n",
      to: "c.yaml")
    let run = try boards.feeder("train", "boards", "--config", "c.yaml", "--stop-after-steps", "1", "--out", "run")
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.lines.count { $0.contains("has no effect") } == 2)
    #expect(run.messages.contains("'mixup'") && run.messages.contains("'classes'"))
    let kept = try boards.text("run/args.yaml")
    #expect(kept.contains("image_size: 64") && kept.contains("cos_lr: true"), "\(kept)")
    for (text, words) in [
      ("epochs: [1\n", ["c.yaml", "YAML"]), ("- epochs\n", ["c.yaml"]), ("epochs: [1]\n", ["c.yaml", "'epochs'"]),
      ("epochs: soon\n", ["--epochs soon"]),
    ] {
      try boards.write(text, to: "c.yaml")
      let run = try boards.train("boards", "--config", "c.yaml", "--out", "other")
      expectRefusal(run)
      for word in words { #expect(run.lines.last?.contains(word) == true, "no '\(word)' in: \(run.messages)") }
    }
    expectRefusal(try boards.train("boards", "--config", "nowhere.yaml"), "nowhere.yaml")
    #expect(!boards.exists("other"))
  }

  @Test("A stdout that takes nothing is named")
  func fullOutput() throws {
    let boards = try SmallBoards()
    try boards.write("[]", to: "p.json")
    let run = try FeederProcess(["score", "p.json", "boards", "--json"], in: boards.folder.url, output: "/dev/full")
    expectRefusal(run, "stdout")
  }

  @Test("A place that cannot be written to is named")
  func places() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    // Permissions do not stop root, so the parent is a file instead of a folder.
    let place = "boards/data.yaml/x"
    expectRefusal(try boards.train("boards", "--out", place + "/run"), "data.yaml", "--out")
    expectRefusal(try boards.train("boards", "--cache-dir", place), "data.yaml")
    expectRefusal(try boards.feeder("cache", "build", "boards", "--cache-dir", place), "data.yaml")
    expectRefusal(try boards.feeder("synth", "--out", place, "--boards", "2"), "data.yaml")
    expectRefusal(try boards.feeder("prepare", "boards", "--format", "yolo", "--out", place), "data.yaml")
    expectRefusal(try boards.feeder("predict", weights, "boards/images/val", "--out", place), "data.yaml", "--out")
    expectRefusal(try boards.feeder("val", weights, "boards", "--save-predictions", place), "data.yaml")
  }
}
