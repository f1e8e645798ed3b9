import Foundation
import Testing

@Suite("A torn checkpoint costs the steps since the previous one, and nothing else", .serialized)
struct TornCheckpointTests {
  private let boards: SmallBoards

  init() throws { boards = try SmallBoards(30) }

  private func train(_ out: String, steps: Int) throws {
    let run = try boards.train(
      "boards", "--epochs", "3", "--checkpoint-every", "2", "--stop-after-steps", "\(steps)", "--out", out)
    try #require(run.status == 0, "\(run.messages)")
  }

  private func last(_ out: String) throws -> Data {
    try Data(contentsOf: boards.url(out + "/weights/last.safetensors"))
  }

  @Test(
    "the run goes on from `previous`, says so, and ends in the same bytes", arguments: ["cut", "flipped", "missing"])
  func goesOn(_ harm: String) throws {
    try train("whole", steps: 14)
    try train("torn", steps: 9)
    let path = boards.url("torn/weights/last.safetensors")
    var bytes = try last("torn")
    switch harm {
    case "cut": try bytes.prefix(bytes.count / 2).write(to: path)
    case "flipped":
      bytes[bytes.count - 1000] ^= 1
      try bytes.write(to: path)
    default: try FileManager.default.removeItem(at: path)
    }
    let place = try boards.counters("torn/weights/previous.safetensors")
    #expect(Array(place.prefix(3)) == [1, 2, 8], "the checkpoint before the last is from step 8")
    let resumed = try boards.feeder("train", "boards", "--resume", "torn", "--stop-after-steps", "6")
    #expect(resumed.status == 0, "\(resumed.messages)")
    #expect(
      resumed.lines.contains {
        $0.contains("last.safetensors") && $0.contains("resuming from the checkpoint before it")
      },
      "\(resumed.messages)")
    #expect(try last("whole") == last("torn"))
  }

  @Test("if both are damaged the run is refused, and both stay as they are")
  func bothDamaged() throws {
    try train("run", steps: 5)
    for name in ["last", "previous"] { try boards.write("torn", to: "run/weights/\(name).safetensors") }
    let resumed = try boards.feeder("train", "boards", "--resume", "run")
    expectRefusal(resumed, "run/weights/last.safetensors", "run/weights/previous.safetensors", "without --resume")
    #expect(try boards.text("run/weights/previous.safetensors") == "torn")
  }
}
