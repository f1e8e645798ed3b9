import Foundation
import Testing

/// A disk that fails on request (Tests/FaultyDisk/faulty.c), for processes that are started with its environment.
struct FaultyDisk {
  /// The folder whose files are counted.
  let folder: URL
  private static let library = Result { try build() }
  private static let target = FileManager.default.temporaryDirectory.appending(path: "feeder-faulty-\(getpid()).so")

  /// Compiles the library once per process. Throws if the C compiler fails.
  private static func build() throws -> String {
    let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "FaultyDisk/faulty.c")
    atexit { unlink(FaultyDisk.target.path) }
    let compiler = Process()
    compiler.executableURL = URL(filePath: "/usr/bin/env")
    compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", target.path, source.path, "-ldl"]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "cc refuses \(source.path)")
    return target.path
  }

  /// The fault at a call.
  enum Fault: CustomStringConvertible, CaseIterable {
    /// No space is left; input/output error.
    case full, broken
    /// The program is killed; the machine loses power. In the second case bytes that were not synced read as zeros, and
    /// names in a folder that was not synced are as before.
    case killed, powerCut

    var isDeath: Bool { self == .killed || self == .powerCut }

    fileprivate var code: String {
      switch self {
      case .full: "\(ENOSPC)"
      case .broken: "\(EIO)"
      case .killed: "kill"
      case .powerCut: "power"
      }
    }

    var description: String { "fault \(code)" }
  }

  /// Environment of a process in which call `number` on the folder's files meets `fault`.
  func failing(at number: Int, _ fault: Fault) throws -> [String: String] {
    try environment(["FAULTY_AT": "\(number)", "FAULTY_ERRNO": fault.code])
  }

  /// Environment of a process in which opening number `number` of a file whose path ends in `name` never returns.
  func stuck(_ name: String, at number: Int) throws -> [String: String] {
    try environment(["FAULTY_STUCK": "\(name):\(number)"])
  }

  /// Environment of a process that cannot open files whose path ends in `name`.
  func unreadable(_ name: String) throws -> [String: String] { try environment(["FAULTY_UNREADABLE": name]) }

  private func environment(_ more: [String: String]) throws -> [String: String] {
    ["LD_PRELOAD": try Self.library.get(), "FAULTY_FOLDER": folder.path].merging(more) { $1 }
  }

  /// Calls `run` with the environment of a process in which call `number` meets `fault`. Returns the result and the
  /// process's calls, as `calls` does. Those may differ between processes, because telemetry is written as time passes.
  func failing<Result>(
    at number: Int, _ fault: Fault, _ run: ([String: String]) throws -> Result
  ) throws -> (Result, calls: [String]) {
    let environment = try failing(at: number, fault)
    return try logged { try run(environment.merging($0) { $1 }) }
  }

  /// Number of saves of `last.safetensors` that had returned at the last of these calls: a save has returned when the
  /// next weights file is opened.
  static func savesDone(_ calls: [String]) -> Int {
    let begun = calls.lastIndex { $0.contains(" open ") && $0.contains("/weights/") } ?? 0
    return calls[..<begun].count { $0.contains(" rename ") && $0.hasSuffix("/last.safetensors") }
  }

  /// The calls of a process that `run` starts with the given environment, in order: number, name, path.
  func calls(_ run: ([String: String]) throws -> Void) throws -> [String] { try logged(run).calls }

  private func logged<Result>(_ run: ([String: String]) throws -> Result) throws -> (Result, calls: [String]) {
    let log = folder.deletingLastPathComponent().appending(path: "calls-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: log) }
    let result = try run(environment(["FAULTY_LOG": log.path]))
    return (result, try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map(String.init))
  }
}

/// The length of a long test: in tools/torture `FEEDER_TORTURE` times as much, or everything.
enum Torture {
  /// Factor on the usual length; nil in an ordinary test run.
  static let amount = ProcessInfo.processInfo.environment["FEEDER_TORTURE"].flatMap { Int($0) }

  /// A few of `all`, spread evenly; all of them in tools/torture.
  static func some(_ count: Int, of all: [Int]) -> [Int] {
    guard amount == nil, all.count > count else { return all }
    let step = Double(all.count) / Double(count)
    return (0..<count).map { all[Int((Double($0) + .random(in: 0..<1)) * step)] }
  }
}
