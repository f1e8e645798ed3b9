import Foundation
import Testing

@Suite("A loader in its stride costs what its plan says and nothing more")
struct LoaderCostTests {
  private func soak(_ boards: SmallBoards, form: String, size: Int, epochs: Int, budget: Int) throws -> [String: Any] {
    let run = try FeederProcess(
      [
        boards.url("boards").path, boards.folder.url.appending(path: "soak-cache").path, form, "4", "\(size)",
        "\(epochs)",
        "\(budget)",
      ], in: boards.folder.url, program: "LoaderSoak")
    #expect(run.status == 0, "\(run.messages)")
    return try run.json()
  }

  @Test("no block is allocated a batch once everything has grown, from pixels")
  func noAllocations() throws {
    let report = try soak(SmallBoards(80), form: "pixels", size: 96, epochs: 40, budget: 64 << 20)
    let count = try #require(report["allocations_per_batch"] as? Double)
    let most = try #require(Thresholds.read().allocationsPerBatch["pixels"])
    #expect(count <= most)
    #expect(report["batch_count"] as? Int == 16)
  }

  @Test(
    "at 64 MiB, resident memory that no file backs grows by no more than that", arguments: ["pixels", "jpeg", "none"])
  func budgetHolds(form: String) throws {
    let budget = 64 << 20
    let report = try soak(SmallBoards(48), form: form, size: 1024, epochs: 4, budget: budget)
    let growth = try #require(report["largest_growth_bytes"] as? Int)
    let planned = try #require(report["planned_bytes"] as? Int)
    #expect(growth <= budget && planned <= budget)
    // The plan is used: 4 grey images of 1024 x 1024 take 4 MiB per slot.
    #expect(planned > 48 << 20 && growth > 32 << 20, "grew by \(growth), planned \(planned)")
  }

  @Test("a run states its plan; a budget that is too small names the least that does, and that does")
  func smallestBudget() throws {
    let boards = try SmallBoards()
    let run = { (memory: String) in
      try boards.train("boards", "--epochs", "1", "--memory", memory, "--stop-after-steps", "1", "--cache", "jpeg")
    }
    let refused = try run("10KiB")
    #expect(refused.status == 1)
    let words = refused.messages.split(whereSeparator: { $0 == "(" || $0 == " " })
    let place = try #require(words.firstIndex(of: "bytes)"), "\(refused.messages)")
    let least = try #require(Int(words[place - 1]))
    #expect(try run("\(least - 1)").status == 1)
    let smallest = try run("\(least)")
    #expect(smallest.status == 0, "\(smallest.messages)")
    #expect(smallest.lines.contains { $0.hasPrefix("memory: training ") && $0.contains("; validation ") })
  }
}
