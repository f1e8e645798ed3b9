import Foundation
import Testing

/// Runs a command without any network, not even loopback, and records its socket calls.
private enum Watched {
  private static let strace = ["/usr/bin/strace", "/usr/local/bin/strace"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }
  private static let unshare = "/usr/bin/unshare"

  /// True if this machine allows it.
  static let isPossible: Bool = {
    guard strace != nil, let folder = try? TemporaryFolder() else { return false }
    return (try? run("/bin/true", [], in: folder.url))?.run.status == 0
  }()

  /// Runs `program` without network. `sockets` are the calls that opened a network socket.
  static func run(
    _ program: String, _ arguments: [String], in folder: URL
  ) throws -> (run: FeederProcess, sockets: [Substring]) {
    let log = folder.appending(path: "calls-\(UUID().uuidString)")
    let run = try FeederProcess(
      ["-rn", try #require(strace), "-f", "--seccomp-bpf", "-qq", "-e", "trace=socket", "-o", log.path, program]
        + arguments, in: folder,
      program: unshare)
    let calls = String(decoding: try Data(contentsOf: log), as: UTF8.self).split(separator: "\n")
    return (run, calls.filter { $0.contains("socket(") && !$0.contains("AF_UNIX") && !$0.contains("AF_LOCAL") })
  }
}

@Suite(
  "Nothing asks the network once Feeder is installed",
  .enabled(
    if: Watched.isPossible, "no strace, or no right to a namespace of one's own (Debian: apt-get install strace)"))
struct OfflineTests {
  @Test("Watching sees a socket")
  func watching() throws {
    let folder = try TemporaryFolder()
    let made = try Watched.run(
      "/usr/bin/env", ["python3", "-c", "import socket; socket.socket(socket.AF_INET)"], in: folder.url)
    #expect(made.run.status == 0 && made.sockets.count == 1, "\(made.run.messages)")
  }

  @Test("No command opens a socket: synth, cache, train, val, predict, report, profile, doctor")
  func commands() throws {
    let boards = try SmallBoards()
    let feeder = try #require(RunningFeeder.program("feeder")).path
    let small = ["--image-size", "64", "--batch", "4", "--cache-dir", "cache"]
    let weights = "run/weights/last.safetensors"
    let commands = [
      ["synth", "--out", "more", "--boards", "4", "--size", "128"],
      ["cache", "build", "boards", "--image-size", "64", "--cache-dir", "cache"],
      ["train", "boards", "--stop-after-steps", "2", "--out", "run", "--workers", "1", "--tensorboard", "true"] + small,
      ["val", weights, "boards", "--save-predictions", "p.json"] + small,
      ["score", "p.json", "boards"],
      ["predict", weights, "boards/images/val", "--out", "pictures", "--image-size", "64"],
      ["report", "run"],
      ["profile", "boards", "--step-ms", "20", "--seconds", "0.2"] + small,
      ["doctor", "boards"],
    ]
    for command in commands {
      let (run, sockets) = try Watched.run(feeder, command, in: boards.folder.url)
      #expect(run.status == 0, "\(command[0]): \(run.messages)")
      #expect(sockets.isEmpty, "\(command[0])")
    }
  }
}
