import Foundation
import Testing

@Suite(
  "A disk that is full or fails, at any write, sync or rename, costs one line and nothing that was there", .serialized)
struct DiskFaultTests {
  private let boards: SmallBoards

  init() throws { boards = try SmallBoards(12) }

  private func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> FeederProcess {
    try FeederProcess(arguments, in: boards.folder.url, environment: environment)
  }

  private static let errors: [Int32] = [ENOSPC, EIO]

  /// Expects one line about a fault under `folder`, and no death by a signal.
  private func expectLine(_ run: FeederProcess, _ folder: String, _ fault: String) {
    let mine = run.lines.filter { $0.hasPrefix("feeder: ") }
    #expect(
      run.status == 1 && mine.count == 1 && run.lines.last == mine.first, "\(fault): \(run.status) \(run.messages)")
    #expect(mine.first?.contains(folder) == true, "\(fault): \(run.messages)")
  }

  @Test("building a cache: what was there stays, and the next build is whole", arguments: ["pixels", "jpeg"])
  func cache(_ form: String) throws {
    let build = [
      "cache", "build", "boards", "--cache", form, "--image-size", "64", "--cache-dir", "cache", "--rebuild",
    ]
    let verify = ["cache", "verify", "boards", "--cache", form, "--image-size", "64", "--cache-dir", "cache"]
    #expect(try run(build).status == 0)
    let disk = FaultyDisk(folder: boards.url("cache"))
    let calls = try disk.calls { #expect(try run(build, $0).status == 0) }
    #expect(calls.count > 20)
    for number in Torture.some(5, of: Array(1...calls.count)) {
      for error in Self.errors {
        let fault = "\(calls[number - 1]), error \(error)"
        expectLine(try run(build, disk.failing(at: number, error)), "cache", fault)
        let verified = try run(verify)
        #expect(verified.status == 0, "\(fault): \(verified.messages)")
        #expect(boards.names("cache").allSatisfy { !$0.hasSuffix(".unfinished") }, "\(fault)")
      }
    }
  }

  @Test("training: the run can go on from what was there, to the same bytes")
  func training() throws {
    let flags = ["--epochs", "2", "--checkpoint-every", "2", "--cache-dir", "cache"]
    let train = ["train", "boards"] + SmallBoards.smallSteps + flags
    #expect(try run(train + ["--out", "whole"]).status == 0)
    let whole = try Data(contentsOf: boards.url("whole/weights/last.safetensors"))
    let disk = FaultyDisk(folder: boards.url("run"))
    let calls = try disk.calls { #expect(try run(train + ["--out", "run"], $0).status == 0) }
    #expect(calls.count > 40)
    for number in Torture.some(10, of: Array(1...calls.count)) {
      let error = Self.errors[number % 2]
      let fault = "\(calls[number - 1]), error \(error)"
      try FileManager.default.removeItem(at: boards.url("run"))
      let faulty = try run(train + ["--out", "run"], disk.failing(at: number, error))
      if faulty.status != 0 {
        expectLine(faulty, "run", fault)
        if boards.exists("run") {
          let resumed = try run(["train", "boards", "--resume", "run", "--cache-dir", "cache"])
          #expect(resumed.status == 0, "\(fault): \(resumed.messages)")
        } else {
          #expect(try run(train + ["--out", "run"]).status == 0)
        }
      } else {
        #expect(calls[number - 1].contains("telemetry"), "\(fault): nothing was said of it: \(faulty.messages)")
        #expect(faulty.messages.contains("without telemetry"), "\(fault): \(faulty.messages)")
      }
      #expect(try Data(contentsOf: boards.url("run/weights/last.safetensors")) == whole, "\(fault)")
      #expect(try rows("run") == rows("whole"), "\(fault)")
    }
  }

  /// The first column and the hash of every row of results.csv.
  private func rows(_ run: String) throws -> [[Substring]] {
    try boards.text(run + "/results.csv").split(separator: "\n").map { line in
      let cells = line.split(separator: ",")
      return [cells[0], cells[cells.count - 1]]
    }
  }
}
