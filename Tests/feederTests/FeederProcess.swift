import Dispatch
import Foundation
import Synchronization
import Testing

/// One finished run of the program, as a user runs it.
struct FeederProcess {
  /// Exit status; 128 plus the signal's number if a signal ended it.
  let status: Int32
  /// Everything on stdout.
  let output: String
  /// Everything on stderr.
  let messages: String

  /// Runs `feeder` with `arguments` in `folder`, or another `program`: a name in this package or an absolute path. The
  /// caller owns `folder`. The process is killed after `seconds`.
  init(
    _ arguments: [String], in folder: URL, environment: [String: String] = [:], output: String? = nil,
    seconds: Double = 300, program: String = "feeder", dataLimit: Int? = nil, addressLimit: Int? = nil
  ) throws {
    self = try RunningFeeder(
      arguments, in: folder, environment: environment, output: output, seconds: seconds, program: program,
      dataLimit: dataLimit, addressLimit: addressLimit
    ).finish()
  }

  init(status: Int32, output: String, messages: String) {
    self.status = status
    self.output = output
    self.messages = messages
  }

  /// The one JSON document on stdout.
  func json() throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any],
      "stdout is no JSON object: '\(output)'; stderr: \(messages)")
  }

  /// The lines on stderr.
  var lines: [Substring] { messages.split(separator: "\n") }
}

/// Records that a process was killed because it took too long.
private final class TimeLimit: Sendable {
  let passed = Mutex(false)
}

/// The program while it runs, for tests that send signals.
final class RunningFeeder {
  private let process = Process()
  private let outputFile: URL
  private let keepsOutput: Bool
  private let errorPipe = Pipe()
  private let arguments: [String]
  private var messages = Data()
  private let isTooLate = TimeLimit()

  /// Starts `feeder` in `folder`, without access to the user's own cache folder. It is killed after `seconds`.
  ///
  /// If `output` names a device, stdout goes there and is not read back. `dataLimit` sets RLIMIT_DATA and
  /// `addressLimit` RLIMIT_AS, in bytes; neither under the address sanitizer, which needs terabytes.
  init(
    _ arguments: [String], in folder: URL, environment: [String: String] = [:], output: String? = nil,
    seconds: Double = 300, program name: String = "feeder", dataLimit: Int? = nil, addressLimit: Int? = nil
  ) throws {
    let program = try #require(
      Self.program(name), "no \(name) beside the tests: build with 'swift build --build-tests'")
    self.arguments = arguments
    keepsOutput = output == nil
    outputFile = output.map { URL(filePath: $0) } ?? folder.appending(path: "stdout-\(UUID().uuidString)")
    if keepsOutput { try Data().write(to: outputFile) }
    process.executableURL = program
    process.arguments = arguments
    let limits = [("-d", dataLimit), ("-v", addressLimit)].compactMap { option, bytes in
      bytes.map { "ulimit \(option) \($0 >> 10) && " }
    }
    if !limits.isEmpty, ProcessInfo.processInfo.environment["ASAN_OPTIONS"] == nil {
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", limits.joined() + "exec \"$0\" \"$@\"", program.path] + arguments
    }
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = errorPipe
    process.environment = ProcessInfo.processInfo.environment
      .merging(["XDG_CACHE_HOME": folder.appending(path: "cache-home").path]) { $1 }
      .merging(environment) { $1 }
    signal(SIGINT, SIG_DFL)  // a shell's background job ignores SIGINT, and its children would inherit that
    try process.run()
    // The process has its own copy.
    try (process.standardOutput as? FileHandle)?.close()
    let (process, isTooLate) = (process, isTooLate)
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds) {
      guard process.isRunning else { return }
      isTooLate.passed.withLock { $0 = true }
      kill(process.processIdentifier, SIGKILL)
    }
  }

  /// Waits until stderr contains `text`. False if the program ended without it.
  func waitForMessage(_ text: String) -> Bool {
    while !String(decoding: messages, as: UTF8.self).contains(text) {
      let more = errorPipe.fileHandleForReading.availableData
      if more.isEmpty { return false }
      messages += more
    }
    return true
  }

  /// Sends a signal; SIGINT is what Ctrl-C sends.
  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// The child processes with their environments.
  var children: [(pid: pid_t, environment: [String: String])] {
    let path = "/proc/\(process.processIdentifier)/task/\(process.processIdentifier)/children"
    let pids =
      (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: " ").compactMap { pid_t($0) } ?? []
    return pids.map { pid in
      let bytes = (try? FileHandle(forReadingAtPath: "/proc/\(pid)/environ")?.readToEnd()) ?? Data()
      let pairs = bytes.split(separator: 0).compactMap { bytes -> (String, String)? in
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "=", maxSplits: 1).map(String.init)
        return parts.count == 2 ? (parts[0], parts[1]) : nil
      }
      return (pid, Dictionary(pairs) { first, _ in first })
    }
  }

  /// Waits for the end of the process.
  func finish() throws -> FeederProcess {
    messages += errorPipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try errorPipe.fileHandleForReading.close()
    let status =
      process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    let text = String(decoding: messages, as: UTF8.self)
    #expect(
      !isTooLate.passed.withLock { $0 },
      "feeder \(arguments.joined(separator: " ")) took too long and was killed: \(text)")
    guard keepsOutput else { return FeederProcess(status: status, output: "", messages: text) }
    let output = String(decoding: try Data(contentsOf: outputFile), as: UTF8.self)
    try FileManager.default.removeItem(at: outputFile)
    return FeederProcess(status: status, output: output, messages: text)
  }

  /// A program of this package, in the folder of the running tests.
  static func program(_ name: String) -> URL? {
    if name.hasPrefix("/") { return URL(filePath: name) }
    let here = [Bundle.main.executableURL, CommandLine.arguments.first.map { URL(filePath: $0) }]
    return here.compactMap { $0?.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }
}

/// A new folder for one test. It is removed with its contents when the value is released.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "feeder-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    do { try FileManager.default.removeItem(at: url) } catch { print("left behind: \(url.path): \(error)") }
  }
}
