import Foundation
import Testing

@Suite(
  "A disk that is full or fails, a kill or a power cut, at any write, sync or rename, costs nothing that was there",
  .serialized)
struct DiskFaultTests {
  private let boards: SmallBoards

  init() throws { boards = try SmallBoards(12) }

  private func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> FeederProcess {
    try FeederProcess(arguments, in: boards.folder.url, environment: environment)
  }

  /// Some of the calls, each with one fault; in tools/torture all calls with all faults.
  private func faults(_ calls: [String], _ count: Int) -> [(number: Int, fault: FaultyDisk.Fault)] {
    let all = FaultyDisk.Fault.allCases
    let numbers = Torture.some(count, of: Array(1...calls.count))
    guard Torture.amount == nil else { return numbers.flatMap { number in all.map { (number, $0) } } }
    return numbers.enumerated().map { ($0.element, all[$0.offset % all.count]) }
  }

  private func expectSuccess(_ run: FeederProcess) { #expect(run.status == 0, "\(run.messages)") }

  /// Expects one line about `folder` and status 1, or SIGKILL if `fault` kills the process.
  private func expectEnd(_ run: FeederProcess, _ fault: FaultyDisk.Fault, _ folder: String, _ place: String) {
    if fault.isDeath { return #expect(run.status == 128 + SIGKILL, "\(place): \(run.status)") }
    let mine = run.lines.filter { $0.hasPrefix("feeder: ") }
    #expect(
      run.status == 1 && mine.count == 1 && run.lines.last == mine.first, "\(place): \(run.status) \(run.messages)")
    #expect(mine.first?.contains(folder) == true, "\(place): \(run.messages)")
    if fault == .full { #expect(mine.first?.contains("bytes) are free") == true, "\(place): \(run.messages)") }
  }

  @Test("building a cache: what was there stays, and the next build is whole", arguments: ["pixels", "jpeg"])
  func cache(_ form: String) throws {
    let options = ["boards", "--cache", form, "--image-size", "64", "--cache-dir", "cache"]
    let build = ["cache", "build"] + options
    #expect(try run(build).status == 0)
    let disk = FaultyDisk(folder: boards.url("cache"))
    let calls = try disk.calls { try expectSuccess(run(build + ["--rebuild"], $0)) }
    #expect(calls.count > 20)
    for (number, fault) in faults(calls, 8) {
      let place = "\(calls[number - 1]), \(fault)"
      expectEnd(try run(build + ["--rebuild"], disk.failing(at: number, fault)), fault, "cache", place)
      let verified = try run(["cache", "verify", "boards", "--cache-dir", "cache"])
      #expect(verified.status == 0, "\(place): \(verified.messages)")
      let again = try run(build + ["--rebuild"])
      #expect(again.status == 0, "\(place): \(again.messages)")
      #expect(boards.names("cache").allSatisfy { !$0.hasSuffix(".unfinished") }, "\(place)")
    }
    // A first build, cut off when its last file gets its name: the earlier file keeps its name.
    for name in boards.names("cache") { try FileManager.default.removeItem(at: boards.url("cache/" + name)) }
    let (cut, met) = try disk.failing(at: calls.count - 1, .powerCut) { try run(build, $0) }
    expectEnd(cut, .powerCut, "cache", met.last ?? "no call")
    let named = met.dropLast().compactMap { call in
      call.firstRange(of: " rename ").map { String(call[$0.upperBound...]) }
    }
    #expect(named.count == 1 && named.allSatisfy(FileManager.default.fileExists(atPath:)), "\(named)")
  }

  @Test("training: the run resumes from its files and gives the same bytes")
  func training() throws {
    let flags = ["--epochs", "2", "--checkpoint-every", "2", "--cache-dir", "cache"]
    let train = ["train", "boards"] + SmallBoards.smallSteps + flags
    #expect(try run(train + ["--out", "whole"]).status == 0)
    let whole = try Data(contentsOf: boards.url("whole/weights/last.safetensors"))
    let disk = FaultyDisk(folder: boards.url("run"))
    let calls = try disk.calls { try expectSuccess(run(train + ["--out", "run"], $0)) }
    #expect(calls.count > 40)
    for (number, fault) in faults(calls, 12) {
      try FileManager.default.removeItem(at: boards.url("run"))
      let (faulty, met) = try disk.failing(at: number, fault) { try run(train + ["--out", "run"], $0) }
      let hit = met.first { $0.hasPrefix("\(number) ") }
      let place = "\(hit ?? "no call \(number)"), \(fault)"
      if faulty.status == 0 {
        expectLittleLost(faulty, hit, place)
      } else {
        expectEnd(faulty, fault, "run", place)
        try finish("run", train, hasSaved: FaultyDisk.savesDone(met) > 0, place)
      }
      #expect(try Data(contentsOf: boards.url("run/weights/last.safetensors")) == whole, "\(place)")
      #expect(try boards.streamRows("run") == boards.streamRows("whole"), "\(place)")
    }
  }

  /// Expects that a resumed run met no fault, or lost only telemetry and said so, or gave a checkpoint its second name
  /// in another way.
  private func expectLittleLost(_ run: FeederProcess, _ hit: String?, _ place: String) {
    guard let hit, !hit.hasSuffix("/previous.safetensors"),
      !hit.contains("link /") || !hit.contains("/weights/.feeder-"),
      !hit.hasSuffix("/run.lock")  // a heartbeat; the next one follows
    else { return }
    #expect(hit.contains("telemetry") && run.messages.contains("without telemetry"), "\(place): \(run.messages)")
  }

  /// Resumes a run that ended early, or starts again if it has no checkpoint. It must have one if a save had returned.
  private func finish(_ name: String, _ train: [String], hasSaved: Bool, _ place: String) throws {
    let hasCheckpoint = ["last", "previous"].contains { boards.exists(name + "/weights/\($0).safetensors") }
    #expect(hasCheckpoint || !hasSaved, "\(place)")
    if !hasCheckpoint { try? FileManager.default.removeItem(at: boards.url(name)) }
    let more = hasCheckpoint ? ["train", "boards", "--resume", name, "--cache-dir", "cache"] : train + ["--out", name]
    let resumed = try run(more)
    #expect(resumed.status == 0, "\(place): \(resumed.messages)")
  }

  @Test(
    "a file system that is too small: one line with the bytes needed and free",
    .enabled(if: SmallDisk.isPossible, "skipped: no mount namespaces here (unshare -rm)"),
    arguments: [("--out", "20m"), ("--cache-dir", "32k")])
  func small(_ flag: String, _ size: String) throws {
    try FileManager.default.createDirectory(at: boards.url("small"), withIntermediateDirectories: false)
    let train =
      ["train", "boards"] + SmallBoards.smallSteps + ["--epochs", "1", "--cache", "pixels", flag, "small/it"]
    let run = try SmallDisk.run(train, size: size, at: "small", in: boards.folder.url)
    #expect(run.status == 1, "\(run.messages)")
    let line = try #require(run.lines.last)
    #expect(line.hasPrefix("feeder: ") && line.contains("small/it"), "\(run.messages)")
    #expect(line.contains("needs") && line.contains("bytes) are free"), "\(run.messages)")
    // There is no checkpoint to resume.
    #expect(!line.contains("--resume") && (flag == "--cache-dir" || line.contains("start again")), "\(run.messages)")
  }
}

/// Runs a program with a folder on a file system of a few bytes, in its own mount namespace.
private enum SmallDisk {
  static let isPossible: Bool = {
    let probe = Process()
    probe.executableURL = URL(filePath: "/usr/bin/env")
    probe.arguments = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    probe.standardError = FileHandle.nullDevice
    guard (try? probe.run()) != nil else { return false }
    probe.waitUntilExit()
    return probe.terminationStatus == 0
  }()

  static func run(_ arguments: [String], size: String, at folder: String, in home: URL) throws -> FeederProcess {
    let feeder = try #require(RunningFeeder.program("feeder")).path
    let script = "mount -t tmpfs -o size=\(size) tmpfs \(folder) && exec \"$0\" \"$@\""
    return try FeederProcess(
      ["unshare", "-rm", "sh", "-c", script, feeder] + arguments, in: home, program: "/usr/bin/env")
  }
}
