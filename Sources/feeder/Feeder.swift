import ArgumentParser
import FeederCore
import FeederDatasets
import FeederRun
import Foundation

/// The command line. One file per subcommand: parse flags, call other rooms, print.
@main
struct Feeder: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feeder",
    abstract: "Prepares, caches and feeds images, trains YOLOv8 on them, and finds what limits the run.",
    version: Release.version,
    subcommands: [
      SynthCommand.self, InspectCommand.self, PrepareCommand.self, ConvertCommand.self, CacheCommand.self,
      ImportCommand.self, TrainCommand.self,
      ValCommand.self,
      ScoreCommand.self, PredictCommand.self, ExportCommand.self, TopCommand.self, ReportCommand.self,
      ProfileCommand.self,
      DoctorCommand.self,
      BenchCommand.self,
    ])

  /// Runs a subcommand. Exit status: 0 done, 1 failed with one line on stderr, 2 usage.
  static func main() {
    StackRoom.with { _ in
      Feeder.work()
      return nil
    }
  }

  private static func work() {
    Terminal.claimStandardStreams()
    ThreadPolicy.restartOnce()
    let signals = StopSignals.listen()
    defer { withExtendedLifetime(signals) {} }
    do {
      try ThreadRoom.check()
      let words = try CommandWords.prepared(Array(CommandLine.arguments.dropFirst()))
      var command = try parseAsRoot(words)
      IdleFlags.checkEnvironment(ProcessInfo.processInfo.environment)
      try command.run()
    } catch {
      leave(after: error)
    }
  }

  private static func leave(after error: any Error) -> Never {
    if let end = error as? QuietEnd { Foundation.exit(end.status) }
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    let status = exitCode(for: error)
    if status == .success {  // --help and --version
      let lines = fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      Foundation.exit((try? Terminal.print(lines)) == nil ? 1 : 0)
    }
    if status == .validationFailure {
      Terminal.sayLines(fullMessage(for: error))
      Foundation.exit(2)
    }
    if let error = error as? DatasetError { error.details.forEach { Terminal.say($0) } }
    Terminal.complain(line(error))
    Foundation.exit(1)
  }

  /// One line for any failure. Feeder's errors are one line already; lines of other errors are joined.
  private static func line(_ error: any Error) -> String {
    var text = Terminal.words(error)
    if let error = error as? CocoaError {
      text = (error.filePath.map { $0 + ": " } ?? "") + error.localizedDescription
    }
    return text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .joined(separator: "; ")
  }
}
