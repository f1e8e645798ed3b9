import FeederCore
import Foundation
import Testing

@Suite("Runs and weights: a name twice, a run to go on with, weights that do not fit")
struct RunFolderTests {
  @Test("A run folder that is taken gets a number, with a slash behind the name as well")
  func sameName() throws {
    let boards = try SmallBoards()
    for name in ["run", "run", "run/"] { _ = try boards.someWeights(out: name) }
    #expect(boards.names(".").filter { $0.hasPrefix("run") } == ["run", "run2", "run3"])
    #expect(boards.names("run") == boards.names("run3"))
  }

  @Test("A finished run says so, exits with 0 and changes nothing")
  func finished() throws {
    let boards = try SmallBoards()
    #expect(try boards.train("boards", "--epochs", "1", "--out", "run").status == 0)
    let files = ["run/weights/last.safetensors", "run/results.csv", "run/args.yaml"]
    let before = try files.map { try Data(contentsOf: boards.url($0)) }
    let run = try boards.feeder("train", "boards", "--resume", "run", "--json")
    #expect(run.status == 0 && run.messages.contains("finished"), "\(run.messages)")
    #expect(try run.json()["outcome"] as? String == "finished")
    #expect(try files.map { try Data(contentsOf: boards.url($0)) } == before)
  }

  @Test("What is no run, or a damaged one, cannot be resumed and stays as it is")
  func noRun() throws {
    let boards = try SmallBoards()
    expectRefusal(try boards.feeder("train", "boards", "--resume", "boards"), "boards", "--resume")
    expectRefusal(try boards.feeder("train", "boards", "--resume", "nowhere"), "nowhere")
    let weights = try boards.someWeights(out: "run")
    expectRefusal(try boards.feeder("train", "boards", "--resume", "run", "--out", "other"), "--out")
    let whole = try Data(contentsOf: boards.url(weights))
    var hostile = withoutChecksum(whole)
    let range = try #require(try whole.withUnsafeBytes { try Safetensors(file: $0) }.entries["resume.counters"]?.range)
    for index in range { hostile[index] = index % 8 == (range.lowerBound + 7) % 8 ? 0x7F : 0xFF }
    try hostile.write(to: boards.url(weights))
    expectRefusal(try boards.feeder("train", "boards", "--resume", "run"), weights, "counters")
    try whole.prefix(whole.count / 2).write(to: boards.url(weights))
    expectRefusal(try boards.feeder("train", "boards", "--resume", "run"), weights, "cut off")
    #expect(boards.names("run/weights") == ["last.safetensors"])
  }

  @Test("Weights of 80 classes do not validate data of 6; training starts from what fits")
  func otherClasses() throws {
    let boards = try SmallBoards()
    let names = (0..<80).map { "  \($0): class\($0)\n" }.joined()
    try boards.write("train: images/train\nval: images/val\nnames:\n" + names, to: "boards/eighty.yaml")
    let weights = try boards.someWeights("boards/eighty.yaml")
    expectRefusal(try boards.feeder("val", weights, "boards"), weights, "80", "6")
    let run = try boards.train("boards", "--weights", weights, "--stop-after-steps", "1", "--out", "run")
    #expect(run.status == 0 && run.messages.contains("tensors taken over"), "\(run.messages)")
  }

  @Test("Files that are no weights, and images that do not exist, are named")
  func wrongFiles() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    expectRefusal(try boards.feeder("val", "boards/data.yaml", "boards"), "data.yaml", "safetensors")
    expectRefusal(try boards.feeder("val", "nowhere.safetensors", "boards"), "nowhere.safetensors")
    expectRefusal(try boards.feeder("predict", weights, "no.jpg", "--out", "drawn"), "no.jpg")
    expectRefusal(try boards.feeder("predict", weights, "boards/labels", "--out", "drawn"), "boards/labels")
    #expect(!boards.exists("drawn"))
    for text in ["[{\"image_id\": 1,", "{}", "[1]", ""] {
      try boards.write(text, to: "p.json")
      expectRefusal(try boards.feeder("score", "p.json", "boards"), "p.json")
    }
  }
}
