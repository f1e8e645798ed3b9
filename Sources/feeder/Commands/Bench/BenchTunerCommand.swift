import ArgumentParser
import FeederFiles
import FeederLoader
import FeederRun
import Foundation
import FeederBench

/// `feeder bench tuner`: compares the tuner with an oracle and other rules on a virtual clock.
struct BenchTunerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tuner",
    abstract: "Judges the loader's tuner on a virtual clock, beside an oracle and five rules that others use.")

  @Option(help: "Seeds of simulated costs, from 1 on.")
  var seeds = 3
  @Flag(help: "Let the oracle try every setting: eight times as long, same result.")
  var exhaustive = false
  @Option(help: "A Markdown file for the tables.")
  var out: String?
  @Flag(help: "Print on stderr what the tuner did on the first seed, and why.")
  var verbose = false
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  /// Recognises a file that this command wrote.
  private static let signature = FileSignature(start: TunerReport.title + "\n")

  func run() throws {
    guard (1...1000).contains(seeds) else { throw CommandError("--seeds \(seeds): give 1 to 1000") }
    let file = try OutputFile.open(out, option: "--out", Self.signature, json: json)
    let bar = ProgressBar("scenarios", total: 9, unit: "scenarios")
    let report = TunerReport(seeds: (1...UInt64(seeds)).map { $0 }, isExhaustive: exhaustive) { _ in bar.advance() }
    if verbose {
      for (name, lines) in report.log.sorted(by: { $0.key < $1.key }) {
        lines.forEach { Terminal.say("\(name) \($0)") }
      }
    }
    try file?.deliver(Data(report.markdown.utf8), as: "tables")
    let lines = report.markdown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    try Terminal.show(file == nil && !json ? lines : [], json: json, report)
  }
}
