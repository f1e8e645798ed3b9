import Foundation
import Testing

@Suite("Odd folders, names and surroundings cost at most one clear line", .serialized)
struct OddFolderTests {
  private let boards: SmallBoards

  init() throws { boards = try SmallBoards(12) }

  private var firstImage: String {
    get throws { "boards/images/train/" + (try #require(boards.names("boards/images/train").first)) }
  }

  @Test("a link that leads back is followed once, a link to itself is a damaged image")
  func links() throws {
    let folder = boards.url("boards/images/train").path
    #expect(symlink(".", folder + "/loop") == 0)
    #expect(symlink("self.jpg", folder + "/self.jpg") == 0)
    let run = try boards.train("boards", "--epochs", "1", "--out", "run")
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.messages.contains("training yolov8n on 11 images"), "\(run.messages)")
    #expect(
      run.lines.contains { $0.contains("self") && $0.contains("Too many levels of symbolic links") }, "\(run.messages)")
    #expect(symlink("round", boards.url("round").path) == 0)
    expectRefusal(try boards.train("round", "--out", "none"), "round", "Too many levels of symbolic links")
    #expect(!boards.exists("none"))
  }

  @Test("a name that is not UTF-8 is refused by what can be shown of it")
  func notUTF8() throws {
    let folder = boards.url("boards/images/train").path
    let name = Array(folder.utf8) + Array("/caf".utf8) + [0xE9] + Array(".jpg".utf8) + [0]
    let file = name.withUnsafeBytes { bytes in
      bytes.baseAddress.map { open($0.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o644) } ?? -1
    }
    try #require(file >= 0)
    close(file)
    for command in [
      ["train", "boards"] + SmallBoards.smallSteps, ["prepare", "boards", "--out", "again"],
      ["cache", "build", "boards"],
    ] {
      expectRefusal(try FeederProcess(command, in: boards.folder.url), folder, "not UTF-8", "rename")
    }
    #expect(!boards.exists("again") && !boards.exists("runs"))
  }

  @Test("names of 255 bytes, of spaces, quotes, line breaks and other scripts go all the way")
  func longNames() throws {
    let names = [String(repeating: "x", count: 251), "a b'c\"d", "line\nbreak", "基板-é-🙂", "--out", "%s%n"]
    let label = try #require(boards.names("boards/labels/train").first)
    for name in names {
      try FileManager.default.copyItem(at: boards.url(firstImage), to: boards.url("boards/images/val/\(name).jpg"))
      try FileManager.default.copyItem(
        at: boards.url("boards/labels/train/" + label), to: boards.url("boards/labels/val/\(name).txt"))
    }
    let run = try boards.train("boards", "--epochs", "1", "--out", "run", "--plots", "true")
    #expect(run.status == 0 && run.messages.contains("validating on 8"), "\(run.messages)")
    let best = "run/weights/best.safetensors"
    let predicted = try boards.feeder("predict", best, "boards/images/val", "--out", "seen", "--image-size", "64")
    #expect(predicted.status == 0, "\(predicted.messages)")
    #expect(Set(names.map { $0 + ".jpg" }).isSubset(of: boards.names("seen")), "\(boards.names("seen"))")
    let scored = try boards.feeder("score", "run/predictions.json", "boards")
    #expect(scored.status == 0, "\(scored.messages)")
    #expect(try boards.feeder("prepare", "boards", "--out", "again").status == 0)
  }

  @Test("a place that cannot be written to is named, and nothing else is touched")
  func readOnly() throws {
    let weights = try boards.someWeights()
    expectRefusal(try boards.train("boards", "--out", "/proc/run"), "/proc/run", "--out")
    expectRefusal(try boards.train("boards", "--cache-dir", "/sys/cache", "--out", "run"), "/sys/cache", "--cache-dir")
    expectRefusal(try boards.feeder("prepare", "boards", "--out", "/proc/boards"), "/proc/boards")
    expectRefusal(try boards.feeder("synth", "--out", "/proc/boards", "--boards", "3"), "/proc/boards")
    expectRefusal(
      try boards.feeder("predict", weights, "boards/images/val", "--out", "/proc/seen"), "/proc/seen", "--out")
    expectRefusal(
      try boards.feeder("val", weights, "boards", "--image-size", "64", "--save-predictions", "/proc/p.json"),
      "/proc/p.json")
    #expect(!boards.exists("run"))
  }

  @Test("folders that are something else, or are gone", arguments: ["report", "top", "train --resume"])
  func foreign(_ command: String) throws {
    for folder in ["boards", "nowhere"] {
      let words = command == "train --resume" ? ["train", "boards", "--resume", folder] : [command, folder]
      expectRefusal(try FeederProcess(words, in: boards.folder.url), folder)
    }
    #expect(boards.names("boards") == ["data.yaml", "images", "labels"])
  }

  @Test("100,000 images in one folder")
  func manyImages() throws {
    let source = try boards.url(firstImage)
    for part in 0..<10 {
      // A file can have at most 65,000 names.
      let first = boards.url("boards/images/train/part\(part)-00000.jpg")
      try FileManager.default.copyItem(at: source, to: first)
      for number in 1..<10_000 {
        let name = "part\(part)-" + String(100_000 + number).dropFirst() + ".jpg"
        try #require(link(first.path, boards.url("boards/images/train/" + name).path) == 0)
      }
    }
    let run = try boards.train("boards", "--cache", "jpeg", "--stop-after-steps", "2", "--out", "run")
    #expect(run.status == 0 && run.messages.contains("on 100010 images"), "\(run.messages.suffix(2000))")
  }

  @Test(
    "another language and time zone change no byte of weights, rows or predictions",
    arguments: ["de_DE.UTF-8", "tr_TR.UTF-8", "ar_SA.UTF-8"])
  func surroundings(_ language: String) throws {
    func run(_ out: String, _ environment: [String: String]) throws {
      let words = ["train", "boards"] + SmallBoards.smallSteps + ["--epochs", "1", "--plots", "true", "--out", out]
      let run = try FeederProcess(words, in: boards.folder.url, environment: environment)
      try #require(run.status == 0, "\(run.messages)")
    }
    try run("plain", ["LC_ALL": "C", "TZ": "UTC"])
    try run("other", ["LC_ALL": language, "LANG": language, "LANGUAGE": language, "TZ": "Asia/Kathmandu"])
    for file in ["weights/last.safetensors", "predictions.json", "BoxPR_curve.png"] {
      let (one, two) = (boards.url("plain/" + file), boards.url("other/" + file))
      #expect(try Data(contentsOf: one) == Data(contentsOf: two), "\(file)")
    }
    let untimed = try ["plain", "other"].map { run in
      try boards.text(run + "/results.csv").split(separator: "\n").map { line in
        line.split(separator: ",").enumerated().filter { (2...9).contains($0.offset) }.map(\.element)
      }
    }
    #expect(untimed[0] == untimed[1])
    let resumed = try FeederProcess(
      ["train", "boards", "--resume", "other", "--epochs", "2", "--plots", "false"], in: boards.folder.url,
      environment: ["LC_ALL": language, "TZ": "America/Lima"])
    #expect(resumed.status == 0, "\(resumed.messages)")
  }
}
