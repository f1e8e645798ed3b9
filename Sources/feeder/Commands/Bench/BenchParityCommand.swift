import ArgumentParser
import FeederParity
import FeederRun
import FeederTorch
import FeederTraining
import Foundation

/// `feeder bench parity`: compares results on any device with reference tensors.
struct BenchParityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parity",
    abstract: "Compares losses, assignment, network and optimizers with reference tensors on a device.",
    discussion: """
      FOLDER holds the reference files (a_ciou.safetensors, ...). Exit status 1 if a number is out of its bound. Bounds hold \
      for float32 on the CPU; on a GPU they are four times as wide. Choices are exact everywhere.
      """)

  @Argument(help: "The folder of the reference files.")
  var folder: String
  @Option(help: "auto, cpu, or cuda:0.")
  var device = "auto"
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  private struct File: Encodable {
    let name: String
    let comparisons: Int
    let failures: Int
    /// The largest distance divided by its bound: 1 or less is good. `worstSubject` names the number.
    let worstRatio: Double?
    let worstSubject: String?

    var line: String {
      let text =
        worstSubject == nil ? "exact" : worstRatio.map { String(format: "%.2f of its bound", $0) } ?? "it must be equal"
      return "\(name): \(comparisons) comparisons, \(failures) failures; worst \(worstSubject ?? "none"), \(text)"
    }
  }

  private struct Report: Encodable {
    let device: String
    let tf32: Bool
    let files: [File]
    let comparisons: Int
    let failures: Int
  }

  func run() throws {
    let device = try DeviceChoice.device(device)
    let files = try Parity.allCases.map { try compare($0, on: device) }
    let report = Report(
      device: "\(device)", tf32: Engine.allowsTF32, files: files, comparisons: files.map(\.comparisons).reduce(0, +),
      failures: files.map(\.failures).reduce(0, +))
    try Terminal.show(files.map(\.line), json: json, report)
    guard report.failures == 0 else {
      throw CommandError(
        "bench parity: \(report.failures) of \(report.comparisons) comparisons are out of their bounds on \(device); the lines above name the worst"
      )
    }
  }

  private func compare(_ parity: Parity, on device: Device) throws -> File {
    let record: ParityRecord
    do {
      record = try parity.compare(in: URL(filePath: folder), on: device)
    } catch let error as CocoaError {
      throw CommandError(
        "\(folder)/\(parity.rawValue).safetensors: \(error.localizedDescription) Give the folder of the reference files"
      )
    }
    // Comparisons with a bound of 0 must be equal, so they have no ratio.
    let worst =
      record.failures.first
      ?? record.comparisons.filter { $0.bound > 0 }.max { $0.distance / $0.bound < $1.distance / $1.bound }
    let ratio = worst.map { $0.bound > 0 ? $0.distance / $0.bound : .infinity }
    return File(
      name: parity.rawValue, comparisons: record.comparisons.count, failures: record.failures.count,
      worstRatio: ratio.flatMap { $0.isFinite ? $0 : nil }, worstSubject: worst?.subject)
  }
}
