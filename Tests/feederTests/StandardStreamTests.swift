import Foundation
import Testing

@Suite("What the user asked for goes to stdout; progress, notes and failures go to stderr")
struct StandardStreamTests {
  private let boards: SmallBoards
  private let weights: String

  init() throws {
    boards = try SmallBoards()
    weights = try boards.someWeights()
  }

  /// Every command that prints a report, with a word of the report that no progress line contains.
  private var commands: [(words: [String], word: String)] {
    let validation = ["--batch", "4", "--image-size", "64"]
    return [
      (["synth", "--out", "drawn", "--boards", "4", "--size", "160"], "drawn: train: "),
      (["prepare", "boards", "--out", "prepared"], "images without boxes"),
      (["cache", "build", "boards", "--image-size", "64"], "already there: train as "),
      (["cache", "info", "boards"], "train as "),
      (["cache", "verify", "boards"], "as they were built"),
      (["cache", "drop", "boards"], "removed "),
      (["cache", "info", "boards"], "no cache files"),
      (["train", "boards", "--plan", "--batch", "2", "--image-size", "64"], "memory plan: "),
      (["val", weights, "boards"] + validation, "mAP50-95"),
      (["val", weights, "boards", "--factory"] + validation, "factory: "),
      (["score", "none.json", "boards"], "mAP50-95"),
      (["predict", weights, "boards/images/val", "--out", "seen"] + validation, " detections: "),
      (["top", "one-step", "--once"], "one-step: "),
      (["report", "one-step"], "mAP50-95"),
      (["doctor"], "advice"),
      (["bench", "open", "--items", "5"], "first batch after "),
      (["bench", "decode", "boards", "--seconds", "0.1", "--threads", "1"], "images/s ("),
    ]
  }

  @Test("Without --json the report is on stdout alone, and with it the document is alone there")
  func everyCommand() throws {
    try boards.write("[]", to: "none.json")
    for (words, word) in commands {
      let text = try FeederProcess(words, in: boards.folder.url)
      let name = words.joined(separator: " ")
      #expect(text.status == 0, "\(name): \(text.messages)")
      #expect(text.output.contains(word), "\(name): \(text.output)")
      #expect(!text.messages.contains(word), "\(name): \(text.messages)")
      for folder in ["drawn", "prepared"] { try? FileManager.default.removeItem(at: boards.url(folder)) }
      let document = try FeederProcess(words + ["--json"], in: boards.folder.url)
      #expect(document.status == 0, "\(name): \(document.messages)")
      #expect((try? document.json()) != nil, "\(name): \(document.output)")
      #expect(document.output.split(separator: "\n").count == 1, "\(name): \(document.output)")
    }
  }

  @Test("A failure leaves stdout empty, and a full stdout is one line and status 1")
  func failures() throws {
    expectRefusal(try boards.feeder("score", "nothing.json", "boards"), "nothing.json")
    let full = try FeederProcess(["doctor"], in: boards.folder.url, output: "/dev/full")
    expectRefusal(full, "stdout", "No space left")
  }
}
