import FeederCore
import Foundation
import Testing

@Suite("The same seed gives the same weights, however often a run is stopped", .serialized)
struct RepeatabilityTests {
  /// 55 boards: 44 to train on, 11 steps per epoch. 15 steps end inside the second epoch, 30 inside the third.
  private let boards: SmallBoards

  init() throws { boards = try SmallBoards(55) }

  private func last(_ run: String) throws -> Data {
    try Data(contentsOf: boards.url(run + "/weights/last.safetensors"))
  }

  private func steps(_ count: Int, out: String, _ flags: [String]) throws {
    let run = try FeederProcess(
      ["train", "boards"] + SmallBoards.smallSteps + ["--stop-after-steps", "\(count)", "--out", out] + flags,
      in: boards.folder.url)
    try #require(run.status == 0, "\(run.messages)")
  }

  private func resume(_ folder: String, steps: Int) throws {
    let run = try boards.feeder("train", "boards", "--resume", folder, "--stop-after-steps", "\(steps)")
    try #require(run.status == 0, "\(run.messages)")
  }

  @Test(
    "30 steps, 30 steps again, and 15 steps with 15 resumed ones write the same bytes",
    arguments: [["--nominal-batch", "4", "--epochs", "3"], ["--epochs", "3"]])
  func sameBytes(_ flags: [String]) throws {
    try steps(30, out: "whole", flags)
    try steps(30, out: "again", flags)
    try steps(15, out: "parts", flags)
    let counters = try boards.counters("parts/weights/last.safetensors")
    #expect(Array(counters.prefix(3)) == [1, 4, 15], "15 steps do not end where this test wants them")
    let middle = try last("parts").withUnsafeBytes { try Safetensors(file: $0) }
    let hasPending = middle.entries.keys.contains { $0.hasPrefix("resume.gradient.") }
    #expect(hasPending == !flags.contains("--nominal-batch"), "gradients wait exactly where updates take several steps")
    try resume("parts", steps: 15)
    #expect(try last("whole") == last("again"), "two runs differ")
    #expect(try last("whole") == last("parts"), "a resumed run differs from one that was not stopped")
    #expect(try Array(boards.counters("whole/weights/last.safetensors").prefix(3)) == [2, 8, 30])
  }

  @Test("A stopped run in fp16 resumes with its loss scale and its scaled gradients, and gives the same bytes")
  func sameBytesInHalf() throws {
    let flags = ["--precision", "fp16", "--nominal-batch", "12", "--epochs", "2"]
    try steps(8, out: "whole", flags)
    try steps(4, out: "parts", flags)
    let middle = try last("parts").withUnsafeBytes { try Safetensors(file: $0) }
    #expect(middle.entries["resume.scaler.scale"] != nil)
    #expect(middle.entries.keys.contains { $0.hasPrefix("resume.gradient.") }, "gradients wait after 4 steps of 3")
    try resume("parts", steps: 4)
    #expect(try last("whole") == last("parts"))
  }

  @Test("A run resumes in another precision and back again; `auto` keeps the current one")
  func otherPrecision() throws {
    try steps(4, out: "run", ["--precision", "fp16", "--nominal-batch", "12", "--epochs", "2"])
    for (precision, scale) in [("fp32", false), ("fp16", true), ("auto", true)] {
      let run = try boards.feeder(
        "train", "boards", "--resume", "run", "--stop-after-steps", "1", "--precision", precision)
      try #require(run.status == 0, "\(run.messages)")
      let file = try last("run").withUnsafeBytes { try Safetensors(file: $0) }
      #expect((file.entries["resume.scaler.scale"] != nil) == scale)
    }
    var damaged = try last("run")
    let range = try #require(
      try damaged.withUnsafeBytes { try Safetensors(file: $0) }.entries["resume.scaler.scale"]?.range)
    let nan = withUnsafeBytes(of: Float.nan) { Data($0) }
    damaged.replaceSubrange(damaged.startIndex + range.lowerBound..<damaged.startIndex + range.upperBound, with: nan)
    try withoutChecksum(damaged).write(to: boards.url("run/weights/last.safetensors"))
    try expectRefusal(
      boards.feeder("train", "boards", "--resume", "run"), "last.safetensors", "resume.scaler.scale",
      "not a loss scale")
  }

  @Test("Another seed gives other weights")
  func otherSeed() throws {
    try steps(1, out: "zero", [])
    try steps(1, out: "one", ["--seed", "1"])
    #expect(try last("zero") != last("one"))
  }

  @Test("A run that was stopped and finished later has the rows and the best weights of one that was not")
  func sameResults() throws {
    let flags = ["--epochs", "2"]
    try steps(0, out: "whole", flags)
    try steps(5, out: "parts", flags)
    try resume("parts", steps: 9)
    try resume("parts", steps: 0)
    #expect(try last("whole") == last("parts"))
    let best = "/weights/best.safetensors"
    #expect(try Data(contentsOf: boards.url("whole" + best)) == Data(contentsOf: boards.url("parts" + best)))
    let rows = try comparable("whole")
    #expect(try rows == comparable("parts"))
    #expect(rows.count == 3)
  }

  /// The rows of results.csv without times and memory.
  private func comparable(_ run: String) throws -> [[Substring]] {
    let rows = try boards.text(run + "/results.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    let changing: Set<Substring> = [
      "seconds", "images_per_second", "stall_share", "peak_host_bytes", "peak_device_bytes",
    ]
    let kept = rows[0].indices.filter { !changing.contains(rows[0][$0]) }
    return rows.map { row in kept.map { row[$0] } }
  }
}
