import Foundation
import Testing

@Suite("A run says what memory it takes, takes that, and survives with less", .serialized)
struct MemoryTests {
  private let boards: SmallBoards

  init() throws { boards = try SmallBoards(20) }

  @Test("A step's growth of VmHWM is within 10 % of what was planned", arguments: [4, 8])
  func growth(batch: Int) throws {
    let run = try boards.feeder(
      "bench", "step", "boards", "--image-size", "320", "--batch", "\(batch)", "--seconds", "1", "--json")
    let report = try run.json()
    let grown = try #require(report["growth_bytes"] as? Double)
    let planned = try #require(report["planned_growth_bytes"] as? Double)
    #expect(abs(planned / grown - 1) < 0.1, "planned \(planned), grown \(grown)")
  }

  @Test("A whole run's growth is within 10 % of what was planned, and the plan says what it is made of")
  func wholeRun() throws {
    let flags = ["--image-size", "320", "--batch", "8", "--epochs", "1", "--workers", "1", "--json"]
    let plan = try FeederProcess(["train", "boards", "--plan"] + flags, in: boards.folder.url)
    let parts = try plan.json()
    #expect((parts["layers"] as? [[String: Any]])?.count == 18)
    #expect(!boards.exists("runs"), "a plan makes no run folder")
    let run = try FeederProcess(["train", "boards"] + flags, in: boards.folder.url)
    #expect(run.messages.contains("memory plan: weights"))
    let memory = try #require(try run.json()["memory"] as? [String: Double])
    let (grown, planned) = (
      try #require(memory["growth_bytes"]), try #require(memory["planned_growth_bytes"])
    )
    #expect(planned == parts["growth_bytes"] as? Double)
    #expect(abs(planned / grown - 1) < 0.1, "planned \(planned), grown \(grown)")
  }

  /// Bytes of data that a process may have so that a run of 8 images of 320 pixels has room for half of its activations.
  private static let tightBytes = 560 << 20

  @Test("Under RLIMIT_DATA a batch that is too large is done in parts, every step once")
  func parts() throws {
    let flags = ["--image-size", "320", "--batch", "8", "--epochs", "1", "--engine-threads", "2", "--workers", "1"]
    let run = try FeederProcess(
      ["train", "boards", "--out", "tight"] + flags, in: boards.folder.url, dataLimit: Self.tightBytes)
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.messages.contains("memory ran out in a training step of 8 images"))
    #expect(run.messages.contains("batch norm sees a part at a time"))
    let wide = try FeederProcess(["train", "boards", "--out", "wide"] + flags, in: boards.folder.url)
    #expect(!wide.messages.contains("memory ran out"))
    #expect(
      try boards.counters("tight/weights/last.safetensors") == boards.counters("wide/weights/last.safetensors"))
    func losses(_ run: String) throws -> [Double] {
      let rows = try boards.text(run + "/results.csv").split(separator: "\n")
      return try #require(rows.last).split(separator: ",")[2...4].compactMap { Double($0.filter { $0 != " " }) }
    }
    let (tight, reference) = (try losses("tight"), try losses("wide"))
    #expect(tight.count == 3)
    for (a, b) in zip(tight, reference) { #expect(abs(a / b - 1) < 0.1, "\(tight) beside \(reference)") }
  }

  @Test("--batch auto takes what fits under the limit, keeps the number, and its steps run without cutting")
  func automatic() throws {
    let flags = ["--image-size", "320", "--engine-threads", "2", "--workers", "1", "--memory", "32MiB"]
    let run = try FeederProcess(
      ["train", "boards", "--batch", "auto", "--stop-after-steps", "1", "--out", "auto"] + flags,
      in: boards.folder.url, dataLimit: Self.tightBytes)
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.messages.contains("left under RLIMIT_DATA"))
    #expect(!run.messages.contains("memory ran out in a training step"), "\(run.messages)")
    let line = try #require(try boards.text("auto/args.yaml").split(separator: "\n").first { $0.hasPrefix("batch:") })
    let batch = try #require(Int(line.dropFirst(7)))
    #expect((1...7).contains(batch), "8 images do not fit, as another test shows")
  }
}
