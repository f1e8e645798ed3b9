import Foundation
import Testing

/// One run of the program as a user runs it, to its end.
struct FeederProcess {
  /// Exit status.
  let status: Int32
  /// Everything on stdout.
  let output: String
  /// Everything on stderr.
  let messages: String

  /// Runs `feeder` with `arguments`; its files go to `folder`, which the caller owns.
  init(_ arguments: [String], in folder: URL, environment: [String: String] = [:]) throws {
    let program = try #require(Self.program, "no feeder beside the tests: build with 'swift build --build-tests'")
    let outputFile = folder.appending(path: "stdout-\(UUID().uuidString)")
    let messagesFile = folder.appending(path: "stderr-\(UUID().uuidString)")
    for file in [outputFile, messagesFile] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: messagesFile)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    try process.run()
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    output = String(decoding: try Data(contentsOf: outputFile), as: UTF8.self)
    messages = String(decoding: try Data(contentsOf: messagesFile), as: UTF8.self)
  }

  /// The one JSON document on stdout.
  func json() throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "stdout is no JSON object")
  }

  /// The program in the folder of the running tests.
  private static let program: URL? = {
    let here = [Bundle.main.executableURL, CommandLine.arguments.first.map { URL(filePath: $0) }]
    return here.compactMap { $0?.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "feeder") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }()
}

/// A fresh folder for one test, removed with all that is in it when the test lets go of it.
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
