import FeederCore
import Foundation
import Testing

/// A new folder with a data set of small drawn boards in `boards`. Runs commands in it.
struct SmallBoards {
  let folder: TemporaryFolder

  /// Flags that make a training step take a few hundredths of a second, and draw nothing.
  static let smallSteps = [
    "--batch", "4", "--image-size", "64", "--engine-threads", "1", "--workers", "1", "--plots", "false",
  ]

  /// Draws `count` boards, a fifth of them for validation.
  init(_ count: Int = 12) throws {
    folder = try TemporaryFolder()
    let run = try feeder("synth", "--out", "boards", "--boards", "\(count)", "--size", "160", "--threads", "1")
    try #require(run.status == 0, "\(run.messages)")
  }

  /// The file or folder at a path relative to the test's folder.
  func url(_ path: String) -> URL { folder.url.appending(path: path) }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: url(path).path) }

  /// Names in a folder, sorted; none if the folder is missing.
  func names(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url(path).path)) ?? []).sorted()
  }

  func text(_ path: String) throws -> String { String(decoding: try Data(contentsOf: url(path)), as: UTF8.self) }

  func write(_ text: String, to path: String) throws { try Data(text.utf8).write(to: url(path)) }

  func feeder(_ arguments: String...) throws -> FeederProcess { try FeederProcess(arguments, in: folder.url) }

  /// Runs `feeder train DATA` with small steps and `flags`, to its end.
  func train(_ data: String = "boards", _ flags: String...) throws -> FeederProcess {
    try FeederProcess(["train", data] + Self.smallSteps + flags, in: folder.url)
  }

  /// Trains one step on the boards' classes and returns the path of the weights.
  func someWeights(_ data: String = "boards", out: String = "one-step") throws -> String {
    let run = try train(data, "--stop-after-steps", "1", "--out", out)
    try #require(run.status == 0, "\(run.messages)")
    return out + "/weights/last.safetensors"
  }

  /// Epoch and stream hash of every row of a run's results.csv. Equal rows mean equal images in equal order.
  func streamRows(_ run: String) throws -> [[Substring]] {
    try text(run + "/results.csv").split(separator: "\n").map { line in
      let cells = line.split(separator: ",")
      return [cells[0], cells[cells.count - 1]]
    }
  }

  /// The bytes of each tensor of a run's last weights, by name.
  func tensors(_ run: String) throws -> [String: Data] {
    let file = try Data(contentsOf: url(run + "/weights/last.safetensors"))
    return try file.withUnsafeBytes { try Safetensors(file: $0) }.entries.mapValues { file[$0.range] }
  }

  /// The integers in a checkpoint. The first three are the epoch, the batch in it, and the number of steps.
  func counters(_ path: String) throws -> [Int] {
    let file = try Data(contentsOf: url(path))
    let range = try #require(
      try file.withUnsafeBytes { try Safetensors(file: $0) }.entries["resume.counters"]?.range)
    return file[range].withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map {
        Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self)))
      }
    }
  }
}

/// A weights file without the checksum that reveals changes.
func withoutChecksum(_ file: Data) -> Data {
  var file = file
  if let name = file.firstRange(of: Data("\"checksum\"".utf8)) {
    file.replaceSubrange(name, with: Data("\"chequsum\"".utf8))
  }
  return file
}

/// Expects a refusal: exit status 1, empty stdout, and as the last line on stderr one that begins with `feeder: ` and
/// contains each of `words`.
func expectRefusal(
  _ run: FeederProcess, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(run.status == 1, "\(run.messages)", sourceLocation: sourceLocation)
  #expect(run.output.isEmpty, sourceLocation: sourceLocation)
  #expect(
    run.lines.count { $0.hasPrefix("feeder: ") } == 1 && run.lines.last?.hasPrefix("feeder: ") == true,
    "not one line at the end: \(run.messages)", sourceLocation: sourceLocation)
  for word in words {
    #expect(run.lines.last?.contains(word) == true, "no '\(word)' in: \(run.messages)", sourceLocation: sourceLocation)
  }
}
