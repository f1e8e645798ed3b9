import ArgumentParser
import FeederCache
import FeederDatasets
import FeederRun
import Foundation

/// `feeder prepare`: reads any known format, writes YOLO layout, and prints an audit.
struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Reads a data set of any known format, checks every image and label, and writes it in YOLO layout.")

  @Argument(help: "The data set: its folder, or a data.yaml. It is only read.")
  var source: String
  @Option(help: "The folder to make; it must not exist or be empty.")
  var out: String
  @Option(help: "\(PrepareCommand.formats).")
  var format = "auto"
  @Flag(help: "Link images to the source (symbolic links), or copy them.")
  var images = ImageChoice.link
  @Flag(help: "Leave unreadable images out, with their labels, instead of refusing the data set.")
  var skipUnreadable = false
  @Flag(help: "Leave bad label lines out and count them, instead of refusing the data set.")
  var skipBadLabels = false
  @Option(help: "Share of the training images that becomes val if the data set has no val; 0: none. (default: 0.2)")
  var valShare: Double?
  @Option(help: "Threads that check images; by default one per core.")
  var threads = CoreLimit.current.usable
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  /// The values that `--format` takes, for people.
  private static let formats =
    (["auto"] + DatasetImporters.names.dropLast()).joined(separator: ", ") + " or "
    + (DatasetImporters.names.last ?? "")

  enum ImageChoice: String, EnumerableFlag { case link, copy }

  func validate() throws {
    if format != "auto", !DatasetImporters.names.contains(format) {
      throw ValidationError("--format '\(format)': give \(Self.formats)")
    }
    if let valShare, !(0..<1).contains(valShare) { throw ValidationError("--val-share \(valShare): give 0 to below 1") }
    if !(1...1024).contains(threads) { throw ValidationError("--threads \(threads): give 1 to 1024") }
  }

  func run() throws {
    let interruption = Interruption()
    let source = try PreparationSource.read(
      source, format: format == "auto" ? nil : format, skipsBadLabels: skipBadLabels,
      valShare: valShare ?? Dataset.defaultValShare)
    if valShare != nil, source.hasOwnVal { IdleFlags.say("--val-share", "the data set has its own val") }
    var settings = PreparationSettings()
    settings.images = images == .link ? .link : .copy
    settings.skipsUnreadable = skipUnreadable
    settings.threads = threads
    let bar = ProgressBar("checking", total: source.imageCount, unit: "images")
    do {
      let (folder, audit) = try source.write(
        to: out, settings: settings, cancellation: interruption.cancellation, progress: { bar.advance() })
      let report = AuditReport(audit, folder: folder, source: source)
      try Terminal.show(report.lines, json: json, report)
    } catch DatasetError.cancelled {
      Terminal.say("feeder: \(DatasetError.cancelled)")
      throw QuietEnd(status: Interruption.exitStatus)
    }
  }
}
