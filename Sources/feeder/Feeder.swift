import ArgumentParser

/// The command line: parse, wire rooms together, print. One file a subcommand.
@main
struct Feeder: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feeder",
    abstract: "Prepares, caches and feeds images, trains YOLOv8 on them, and says what limits the run.",
    version: "0.1.0",
    subcommands: [])
}
