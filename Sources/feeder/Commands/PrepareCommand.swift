import ArgumentParser
import FeederDatasets
import FeederImporting

/// `feeder prepare`: reads any known format, writes YOLO layout, and prints an audit.
struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Reads a data set of any known format, checks every image and label, and writes it in YOLO layout.")

  @Argument(help: "The data set: its folder, or a file that describes it. It is only read.")
  var source: String
  @Option(help: "The folder to make; it must not exist or be empty.")
  var out: String
  @Flag(help: "Link images to the source (symbolic links), or copy them.")
  var imageChoice = ImageChoice.link
  @OptionGroup var tiles: TileFlags
  @OptionGroup var options: ImportOptions

  enum ImageChoice: String, EnumerableFlag { case link, copy }

  func run() throws {
    var settings = PreparationSettings()
    settings.images = imageChoice == .link ? .link : .copy
    try options.write(source, to: out, rule: try options.split.rule(), settings)
    try tiles.advise(out, imageSize: AuditReport.imageSize)
  }
}
