import ArgumentParser
import FeederDatasets
import FeederImporting

/// `feeder convert`: any known format in, the format of the next tool out.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Reads a data set as 'prepare' does and writes it in the format of another tool.",
    discussion: """
      Images are copied as they are. Splits stay; a data set without splits stays whole unless --val-share or --test-share is given. All \
      labels are boxes: outlines become the boxes around them.
      """)

  @Argument(help: "The data set: its folder, or a file that describes it. It is only read.")
  var data: String
  @Option(help: "The format to write: \(ConvertCommand.formats).")
  var to: String
  @Option(help: "The folder to make; it must not exist or be empty.")
  var out: String
  @OptionGroup var options: ImportOptions

  /// The formats in words.
  static let formats =
    DatasetExporters.names.dropLast().joined(separator: ", ") + " or " + (DatasetExporters.names.last ?? "")

  func validate() throws {
    if !DatasetExporters.names.contains(to) { throw ValidationError("--to wants \(Self.formats), not '\(to)'") }
  }

  func run() throws {
    var settings = PreparationSettings()
    settings.images = .copy
    settings.layout = to
    var rule = try options.split.rule()
    // Whoever splits is asked: the next tool may split by itself.
    if options.split.valShare == nil { rule.valShare = 0 }
    try options.write(data, to: out, rule: rule, settings)
  }
}
