import FeederCore
import Foundation
import Testing

@Suite("Every option that names a place writes over nothing that is there", .serialized)
struct OutputPlaceTests {
  private let boards: SmallBoards
  private let weights: String

  init() throws {
    boards = try SmallBoards(12)
    let run = try boards.train("boards", "--epochs", "1", "--out", "run", "--cache-dir", "cache")
    try #require(run.status == 0, "\(run.messages)")
    weights = "run/weights/best.safetensors"
  }

  /// All files below a folder with their bytes.
  private func files(_ folder: String) throws -> [String: Data] {
    let all = FileManager.default.enumerator(atPath: boards.url(folder).path)?.compactMap { $0 as? String } ?? []
    return try Dictionary(
      uniqueKeysWithValues: all.compactMap { name in
        var isFolder: ObjCBool = false
        let path = boards.url(folder + "/" + name).path
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
          return nil
        }
        return (name, try Data(contentsOf: URL(filePath: path)))
      })
  }

  private func val(_ flags: String...) throws -> FeederProcess {
    try FeederProcess(
      ["val", weights, "boards", "--image-size", "64", "--cache-dir", "cache"] + flags, in: boards.folder.url)
  }

  private func predict(_ images: String, _ out: String) throws -> FeederProcess {
    try boards.feeder("predict", weights, images, "--out", out, "--conf", "0.001", "--image-size", "64")
  }

  @Test("predict: the images, the run and a folder of others keep every byte; earlier results get company")
  func predict() throws {
    try FileManager.default.copyItem(at: boards.url("boards/images/val"), to: boards.url("pictures"))
    let image = try #require(boards.names("pictures").first)
    #expect(symlink("pictures", boards.url("link").path) == 0)
    try FileManager.default.createDirectory(at: boards.url("hard"), withIntermediateDirectories: false)
    #expect(link(boards.url("pictures/" + image).path, boards.url("hard/" + image).path) == 0)
    let (pictures, run) = (try files("pictures"), try files("run"))
    for out in ["pictures", "pictures/", "link", "pictures/../pictures", "hard"] {
      expectRefusal(try predict("pictures", out), "--out \(out)")
      expectRefusal(try predict("pictures/" + image, out), "--out \(out)")
    }
    expectRefusal(try predict("pictures", "run"), "--out run", "folder of a run")
    #expect(try files("pictures") == pictures && files("run") == run && boards.names("hard") == [image])
    for expected in ["seen", "seen2"] {
      let run = try predict("pictures", "seen")
      #expect(run.status == 0 && run.output.hasSuffix(": \(expected)\n"), "\(run.output)\(run.messages)")
    }
    #expect(try files("seen") == files("seen2"))
  }

  @Test("val: what it reads and what others wrote is refused before any work; earlier predictions stay")
  func savePredictions() throws {
    let label = try #require(boards.names("boards/labels/val").first)
    try boards.write("", to: "boards/labels/val/" + label)
    try boards.write("mine", to: "notes")
    let (data, run) = (try files("boards"), try files("run"))
    let places = [weights, "boards/data.yaml", "boards/labels/val/" + label, "run/args.yaml", "run/results.csv"]
    for path in places + ["notes", "run"] {
      let refused = try val("--save-predictions", path)
      expectRefusal(refused, "--save-predictions \(path)")
      #expect(!refused.messages.contains("validating"))
    }
    #expect(try files("boards") == data && files("run") == run && boards.text("notes") == "mine")
    for expected in ["p.json", "p2.json"] {
      let run = try val("--save-predictions", "p.json")
      #expect(run.status == 0 && run.messages.contains("predictions: \(expected)\n"), "\(run.messages)")
    }
    #expect(try boards.text("p.json") == boards.text("p2.json"))
    let odd = try val("--save-predictions", "line\nbreak")
    #expect(odd.status == 0 && odd.messages.contains("predictions: line?break\n"), "\(odd.messages)")
  }

  @Test("val: predictions on stdout are alone there, and --json does not share it")
  func standardOutput() throws {
    let run = try val("--save-predictions", "/dev/stdout")
    #expect(run.status == 0, "\(run.messages)")
    #expect(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) is [Any])
    #expect(run.messages.contains("mAP50"))
    #expect(try val("--save-predictions", "/dev/stdout", "--json").status == 2)
    let both = try val("--json", "--save-predictions", "/dev/null")
    #expect(try both.status == 0 && !both.json().isEmpty, "\(both.messages)")
  }

  @Test("--trace: earlier traces stay, other files are refused before the run folder is made")
  func trace() throws {
    try boards.write("mine", to: "notes")
    expectRefusal(try boards.train("boards", "--out", "none", "--trace", "notes"), "--trace notes")
    expectRefusal(try boards.train("boards", "--resume", "run", "--epochs", "2", "--trace", "run/args.yaml"), "--trace")
    #expect(try boards.text("notes") == "mine" && !boards.exists("none"))
    for expected in ["t.json", "t2.json"] {
      let run = try boards.train(
        "boards", "--stop-after-steps", "1", "--cache-dir", "cache", "--out", "more", "--trace", "t.json")
      #expect(run.status == 0 && run.messages.contains(" spans in \(expected)"), "\(run.messages)")
    }
    let inside = try boards.train(
      "boards", "--stop-after-steps", "1", "--cache-dir", "cache", "--out", "inside", "--trace", "inside/t.json")
    #expect(inside.status == 0 && boards.exists("inside/t.json"), "\(inside.messages)")
  }

  @Test("report: the run's own files are written anew, a foreign one in their place stays")
  func report() throws {
    #expect(try boards.feeder("report", "run").status == 0)
    #expect(try boards.feeder("report", "run").status == 0)
    for name in ["val_batch0_pred.jpg", "report.html", "predictions.json"] {
      let own = try Data(contentsOf: boards.url("run/" + name))
      try boards.write("mine", to: "run/" + name)
      expectRefusal(try boards.feeder("report", "run"), "run/" + name, "move it away")
      #expect(try boards.text("run/" + name) == "mine")
      try own.write(to: boards.url("run/" + name))
    }
  }

  @Test("A file that is not a cache stays in a cache's place; a foreign telemetry.csv stays too")
  func cache() throws {
    let name = try #require(boards.names("cache").first { $0.hasSuffix(".feedercache") })
    try boards.write("mine\n", to: "cache/" + name)
    let build = try boards.feeder(
      "cache", "build", "boards", "--cache-dir", "cache", "--image-size", "64", "--rebuild")
    expectRefusal(build, name)
    expectRefusal(try boards.feeder("cache", "drop", "boards", "--cache-dir", "cache"), name)
    #expect(try boards.text("cache/" + name) == "mine\n")
    try boards.write("time,mine\n1,2", to: "run/telemetry.csv")
    let run = try boards.train("boards", "--resume", "run", "--epochs", "2", "--cache", "none")
    #expect(run.messages.contains("without telemetry"), "\(run.messages)")
    #expect(try boards.text("run/telemetry.csv") == "time,mine\n1,2")
  }
}
