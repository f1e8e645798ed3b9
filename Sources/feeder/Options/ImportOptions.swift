import ArgumentParser
import FeederCache
import FeederDatasets
import FeederImporting
import FeederLoader
import FeederRun
import Foundation

/// The flags of commands that read a data set of any known format, and the work that they share.
struct ImportOptions: ParsableArguments {
  @Option(help: "\(ImportOptions.formats).")
  var format = "auto"
  @Option(help: "Folder of the images, if they do not lie below the data set's folder; for formats that name images.")
  var images: String?
  @Flag(
    help:
      "Read the corners of Pascal VOC as counted from 1, as the first data sets of 2007 are; else they stand as they are."
  )
  var firstPixelIs1 = false
  @Option(help: "The attribute of regions that is their class, for VGG Image Annotator.")
  var classAttribute: String?
  @Flag(help: "Leave unreadable images out, with their labels, instead of refusing the data set.")
  var skipUnreadable = false
  @Flag(help: "Go on without images that have bad labels, and count them, instead of refusing the data set.")
  var skipBadLabels = false
  @OptionGroup var split: SplitOptions
  @OptionGroup var levels: LevelFlags
  @Option(help: "Threads that check images; by default one per core.")
  var threads = CoreLimit.current.usable
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  /// What `--format` takes, in words.
  private static let formats =
    (["auto"] + DatasetImporters.names.dropLast()).joined(separator: ", ") + " or "
    + (DatasetImporters.names.last ?? "")

  func validate() throws {
    if format != "auto", !DatasetImporters.names.contains(format) {
      throw ValidationError("--format '\(format)': give \(Self.formats)")
    }
    try LoaderSettings.threads.validate(threads, "threads")
  }

  /// Reads the data set `data`, writes it to the folder `out` as `settings` say, and shows the audit. Images that no split has are
  /// shared out by `rule`.
  func write(_ data: String, to out: String, rule: SplitRule, _ settings: PreparationSettings) throws {
    let interruption = Interruption()
    let source = try PreparationSource.read(
      data, format: format == "auto" ? nil : format, skipsBadLabels: skipBadLabels, rule: rule, imageFolder: images,
      firstPixelIsOne: firstPixelIs1, classAttribute: classAttribute)
    Terminal.say("\(source.folder): read as \(source.format): \(source.reason)")
    split.sayIdle(source)
    var settings = settings
    settings.skipsUnreadable = skipUnreadable
    settings.threads = threads
    let given = levels.options()
    (settings.window, settings.curve) = (given.window, given.curve)
    if !DatasetExporters.keepsWindow(settings.layout) {
      let reason = "\(settings.layout) keeps no window"
      if given.window != nil { IdleFlags.say("--window", reason) }
      if given.curve != nil { IdleFlags.say("--curve", reason) }
    }
    let bar = ProgressBar("checking", total: source.imageCount, unit: "images")
    do {
      let (folder, audit) = try source.write(
        to: out, settings: settings, cancellation: interruption.cancellation, progress: { bar.advance() })
      let report = AuditReport(audit, folder: folder, layout: settings.layout, source: source)
      try Terminal.show(report.lines, json: json, report)
    } catch DatasetError.cancelled {
      Terminal.say("feeder: \(DatasetError.cancelled)")
      throw QuietEnd(status: Interruption.exitStatus)
    }
  }
}
