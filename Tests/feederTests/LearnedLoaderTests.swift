import Foundation
import Testing

@Suite("A training run begins with the loader's settings that the one before it found")
struct LearnedLoaderTests {
  /// Trains without the flags that pin the loader, long enough for the tuner to decide.
  private func train(_ boards: SmallBoards, _ out: String, _ more: String...) throws -> String {
    let run = try FeederProcess(
      [
        "train", "boards", "--batch", "2", "--image-size", "64", "--engine-threads", "1", "--epochs", "6", "--out", out,
        "--cache-dir", "cache",
      ] + more, in: boards.folder.url)
    try #require(run.status == 0, "\(run.messages)")
    return run.messages
  }

  private func notes(_ boards: SmallBoards) -> [String] {
    boards.names("cache").filter { $0.hasSuffix(".learned.json") }
  }

  @Test(
    "the second run says so, a damaged file is ignored with one line, a pinned run learns nothing, drop removes it all")
  func runs() throws {
    let boards = try SmallBoards(16)
    #expect(try !train(boards, "pinned", "--workers", "1").contains("learned"))
    #expect(notes(boards).isEmpty)
    #expect(try !train(boards, "first").contains("learned in an earlier run"))
    let name = try #require(notes(boards).first)
    let text = try boards.text("cache/\(name)")
    #expect(text.contains("\"prefetch_depth\"") && text.contains("batch 2") && notes(boards).count == 1)
    #expect(try train(boards, "second").contains("learned in an earlier run"))
    #expect(try boards.text("first/results.csv").contains(",") && notes(boards).count == 1)
    try boards.write("{\"format\": 1", to: "cache/\(name)")
    let third = try train(boards, "third")
    #expect(third.split(separator: "\n").count { $0.contains(name) } == 1)
    #expect(!third.contains("learned in an earlier run"))
    #expect(try train(boards, "fourth").contains("learned in an earlier run"), "it was written anew")
    // The loader's settings do not change the training.
    let weights = try ["first", "second", "third"].map {
      try Data(contentsOf: boards.url("\($0)/weights/last.safetensors"))
    }
    #expect(weights[0] == weights[1] && weights[1] == weights[2])
    #expect(try boards.feeder("cache", "drop", "boards", "--cache-dir", "cache").status == 0)
    #expect(notes(boards).isEmpty)
  }
}
