import Foundation
import Testing

/// Limits of address space cannot be tested with the address sanitizer, whose shadow memory reserves terabytes.
private let needsAddressSpace = ConditionTrait.disabled(
  if: ProcessInfo.processInfo.environment["ASAN_OPTIONS"] != nil, "the sanitizer asks for terabytes")

@Suite("A run says what memory it takes, takes that, and survives with less", .serialized)
struct MemoryTests {
  private let boards: SmallBoards

  init() throws { boards = try SmallBoards(20) }

  @Test(
    "A step's growth of VmHWM is within 10 % of what was planned",
    arguments: [("yolov8n", 4), ("yolov8n", 8), ("yolov8n-p2", 4)])
  func growth(model: String, batch: Int) throws {
    let run = try boards.feeder(
      "bench", "step", "boards", "--model", model, "--image-size", "320", "--batch", "\(batch)", "--seconds", "1",
      "--json")
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

  /// Bytes of data with which a run of 8 images of 320 pixels has room for half of its activations.
  private static let tightBytes = 560 << 20

  @Test("Under RLIMIT_DATA a batch that is too large is done in parts, every step once")
  func parts() throws {
    let flags = ["--image-size", "320", "--batch", "8", "--epochs", "1", "--engine-threads", "2", "--workers", "1"]
    let run = try FeederProcess(
      ["train", "boards", "--out", "tight"] + flags, in: boards.folder.url, dataLimit: Self.tightBytes)
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.messages.contains("memory does not suffice for a training step of 8 images"))
    #expect(run.messages.contains("batch norm sees one part at a time"))
    let wide = try FeederProcess(["train", "boards", "--out", "wide"] + flags, in: boards.folder.url)
    #expect(!wide.messages.contains("in parts of"))
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
    #expect(!run.messages.contains("in parts of"), "\(run.messages)")
    let line = try #require(try boards.text("auto/args.yaml").split(separator: "\n").first { $0.hasPrefix("batch:") })
    let batch = try #require(Int(line.dropFirst(7)))
    #expect((1...7).contains(batch), "8 images do not fit, as another test shows")
  }

  /// Bytes of address space that the program needs before it reads anything; they depend on the engine's libraries.
  /// With fewer bytes the dynamic linker refuses; the program's own refusal names the number.
  private func startBytes() throws -> Int {
    for mebibytes in stride(from: 200, to: 4000, by: 25) {
      let run = try FeederProcess(["--version"], in: boards.folder.url, addressLimit: mebibytes << 20)
      guard let end = run.messages.range(of: "and Feeder needs ")?.upperBound else {
        #expect(run.status == 127 && run.lines.count == 1, "\(run.messages)")
        continue
      }
      #expect(run.status == 1 && run.lines.count == 1, "\(run.messages)")
      return try #require(Int(run.messages[end...].prefix { $0.isNumber })) << 20
    }
    Issue.record("no limit of address space is refused in a line of Feeder's own")
    return 0
  }

  @Test(
    "Under RLIMIT_AS a run trains in parts, or one line says before the first step or in it that memory does not suffice",
    needsAddressSpace)
  func addressSpace() throws {
    let start = try startBytes()
    let flags = ["--image-size", "320", "--batch", "8", "--engine-threads", "2", "--workers", "1", "--plots", "false"]
    func run(_ mebibytes: Int) throws -> FeederProcess {
      try FeederProcess(
        ["train", "boards", "--stop-after-steps", "1", "--out", "address-\(mebibytes)"] + flags,
        in: boards.folder.url, addressLimit: start + mebibytes << 20)
    }
    func failures(_ run: FeederProcess) -> [Substring] { run.lines.filter { $0.hasPrefix("feeder: ") } }
    let refused = try run(50)
    #expect(refused.status == 1 && failures(refused).count == 1, "\(refused.messages)")
    #expect(failures(refused).first?.contains("left under RLIMIT_AS (ulimit -v)") == true)
    let close = try run(150)
    #expect(close.status == 0 || close.status == 1 && failures(close).count == 1, "\(close.messages)")
    let trained = try run(350)
    #expect(trained.status == 0, "\(trained.messages)")
    #expect(trained.messages.contains("memory does not suffice for a training step of 8 images"))
    #expect(boards.exists("address-350/weights/last.safetensors"))
  }

  @Test(
    "A batch that turns out too large is dropped and done again, or refused in one line, and no signal ends it",
    needsAddressSpace)
  func dropped() throws {
    let start = try startBytes()
    // A benchmark does not split batches into parts.
    let run = try FeederProcess(
      ["bench", "step", "boards", "--image-size", "320", "--batch", "8", "--seconds", "1"], in: boards.folder.url,
      addressLimit: start + 300 << 20)
    let line = "feeder: memory ran out in a training step of one image"
    let isRefused = run.status == 1 && run.lines.last?.hasPrefix(line) == true
    #expect(run.status == 0 || isRefused, "\(run.messages)")
  }
}
