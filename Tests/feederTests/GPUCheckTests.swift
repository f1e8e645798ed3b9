import FeederFixtures
import Foundation
import Testing

@Suite("tools/gpu-check rehearses on a CPU, and refuses in one line if there is no GPU")
struct GPUCheckTests {
  private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "tools/gpu-check").path

  private func check(_ boards: SmallBoards, _ flags: String...) throws -> FeederProcess {
    let feeder = try #require(RunningFeeder.program("feeder"))
    return try FeederProcess(
      ["--data", "boards", "--feeder", feeder.path, "--out", "results"] + flags, in: boards.folder.url,
      program: Self.script)
  }

  @Test("a rehearsal on the processor goes through every part and writes one JSON and one table")
  func rehearsal() throws {
    let boards = try SmallBoards()
    var flags = ["--device", "cpu", "--rehearse", "--precisions", "fp32"]
    if let folder = Fixture.folder { flags += ["--fixtures", folder.path] }
    let feeder = try #require(RunningFeeder.program("feeder"))
    let run = try FeederProcess(
      ["--data", "boards", "--feeder", feeder.path, "--out", "results"] + flags, in: boards.folder.url,
      program: Self.script)
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(boards.text("results/gpu-check.json").utf8)) as? [String: Any])
    let parts = try #require(report["parts"] as? [String: [String: Any]])
    #expect(
      Set(parts.keys) == [
        "doctor", "data", "parity", "step fp32 4", "largest batch fp32", "losses fp32", "epoch", "accuracy",
      ])
    let failures = try #require(report["failures"] as? [[String: String]])
    // Without reference tensors only that part fails, with a message.
    #expect(failures.compactMap { $0["part"] } == (Fixture.isAvailable ? [] : ["parity"]), "\(failures)")
    #expect(run.status == (Fixture.isAvailable ? 0 : 1), "\(run.messages)")
    #expect((parts["step fp32 4"]?["milliseconds_per_step"] as? Double ?? 0) > 0)
    #expect((parts["largest batch fp32"]?["batch"] as? Int ?? 0) > 0)
    #expect((parts["accuracy"]?["epochs"] as? [Any])?.count == 2)
    #expect(try boards.text("results/gpu-check.md").contains("| fp32 |"))
  }

  @Test("no such device, no such data: one line, nothing written")
  func refusals() throws {
    let boards = try SmallBoards()
    let device = try check(boards, "--device", "cuda:63")
    #expect(device.status == 1 && device.lines.count == 1, "\(device.messages)")
    #expect(boards.names("results").isEmpty)
  }
}
