import Foundation
import Testing

@Suite("--trace writes a timeline in the trace event format, whose rows show what the loader did")
struct TraceTests {
  private struct Event {
    let name: String
    let row: String
    let start: Double
    let end: Double
    let batch: Int?
  }

  private let boards: SmallBoards

  init() throws { boards = try SmallBoards(30) }

  /// The spans of a file, after checking the format: every event has what viewers need, rows have names, and no two
  /// spans of a row overlap.
  private func events(_ path: String) throws -> [Event] {
    let file = try JSONSerialization.jsonObject(with: Data(contentsOf: boards.url(path))) as? [String: Any]
    let all = try #require(file?["traceEvents"] as? [[String: Any]])
    var rows: [Int: String] = [:]
    for event in all where event["name"] as? String == "thread_name" {
      let number = try #require(event["tid"] as? Int)
      rows[number] = try #require((event["args"] as? [String: Any])?["name"] as? String)
      #expect(event["ph"] as? String == "M" && event["pid"] as? Int == 1)
    }
    let spans = try all.filter { $0["ph"] as? String == "X" }.map { event in
      let start = try #require(event["ts"] as? Double)
      let length = try #require(event["dur"] as? Double)
      #expect(start >= 0 && length >= 0 && event["pid"] as? Int == 1)
      let number = try #require(event["tid"] as? Int)
      return Event(
        name: try #require(event["name"] as? String), row: try #require(rows[number]), start: start,
        end: start + length, batch: (event["args"] as? [String: Any])?["batch"] as? Int)
    }
    #expect(all.allSatisfy { ["M", "X"].contains($0["ph"] as? String) })
    for (row, spans) in Dictionary(grouping: spans, by: \.row) {
      let inOrder = spans.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
      for (one, next) in zip(inOrder, inOrder.dropFirst()) {
        #expect(one.end <= next.start + 0.001, "\(row): \(one) and \(next)")
      }
    }
    return spans
  }

  @Test("bench feed: every image is filled once, every batch is filled, ready, lent and stepped, in this order")
  func feed() throws {
    let run = try boards.feeder(
      "bench", "feed", "boards", "--image-size", "64", "--batch", "4", "--step-ms", "20", "--steps", "12", "--workers",
      "2",
      "--prefetch", "3", "--cache-dir", "cache", "--trace", "t.json")
    #expect(run.status == 0, "\(run.messages)")
    let spans = try events("t.json")
    #expect(Set(spans.map(\.row)) == ["consumer", "worker 0", "worker 1", "slot 0", "slot 1", "slot 2", "slot 3"])
    let steps = spans.filter { $0.name == "step" }
    #expect(steps.count == 12 && steps.allSatisfy { $0.row == "consumer" && $0.end - $0.start >= 20_000 })
    #expect(spans.count { $0.name == "fill" } >= 12 * 4 && spans.count { $0.name == "lent" } == 12)
    for step in steps.prefix(6) {
      let own = spans.filter { $0.batch == step.batch && $0.start < step.end }
      let filling = try #require(own.first { $0.name == "filling" })
      let ready = try #require(own.first { $0.name == "ready" })
      #expect(filling.row == ready.row && filling.row.hasPrefix("slot "))
      #expect(abs(filling.end - ready.start) < 0.002 && ready.end <= step.start + 0.002)
      let fills = own.filter { $0.name == "fill" }
      #expect(fills.count == 4 && fills.allSatisfy { $0.start >= filling.start - 0.002 && $0.row.hasPrefix("worker ") })
    }
    #expect(run.messages.contains("\(spans.count) spans in t.json"))
  }

  @Test(
    "train: copies, steps, validation and checkpoints are on the consumer's row; a stopped run leaves its trace too")
  func train() throws {
    let run = try boards.train("boards", "--epochs", "1", "--out", "run", "--trace", "t.json")
    #expect(run.status == 0, "\(run.messages)")
    let spans = try events("t.json").filter { $0.row == "consumer" }
    #expect(spans.count { $0.name == "copy" } == 6 && spans.count { $0.name == "step" } == 6)
    #expect(spans.count { $0.name == "validate" } == 1 && spans.contains { $0.name == "checkpoint" })
    let half = try boards.train("boards", "--out", "half", "--stop-after-steps", "2", "--trace", "half.json")
    #expect(half.status == 0, "\(half.messages)")
    #expect(try events("half.json").count { $0.name == "step" } == 2)
  }

  @Test("A place that cannot be written to is refused before anything is done")
  func refusal() throws {
    expectRefusal(
      try boards.train("boards", "--out", "run", "--trace", "nowhere/t.json"), "--trace nowhere/t.json",
      "cannot be written")
    #expect(!boards.exists("run"))
    let both = try boards.feeder("bench", "feed", "boards", "--step-ms", "1", "--sweep", "--trace", "t.json")
    #expect(both.status == 2)
  }
}
