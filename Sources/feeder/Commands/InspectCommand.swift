import ArgumentParser
import FeederCodecs
import FeederDatasets
import FeederFiles
import FeederImaging
import FeederRun
import Foundation

/// `feeder inspect`: what Feeder sees in a picture.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Says what Feeder sees in image files, or why it refuses them.",
    discussion: """
      Each file is decoded in full. With --raw its pixels are written as planes (grey, or red, green and blue), row by row \
      without gaps: FILE.u8 holds a byte for each sample; FILE.u16 holds 16 bits, the lower byte first, as stored, if the \
      picture has more than 8 bits and no --window is given.
      """)

  @Argument(help: "\(ImageCodecs.names) files.")
  var files: [String]
  @Option(
    help: ArgumentHelp(
      "Levels that become black and white, as in 200,3900, or full; for pictures of more than 8 bits.",
      valueName: "b,w"))
  var window: String?
  @Option(help: ArgumentHelp("The folder for the pixels; made if it is missing.", valueName: "folder"))
  var raw: String?
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func validate() throws {
    if let window, LevelWindow(text: window) == nil {
      throw ValidationError(
        "--window \(window): give BLACK,WHITE with 0 <= BLACK < WHITE <= 65535, as in 200,3900, or full")
    }
  }

  func run() throws {
    let window = window.flatMap { LevelWindow(text: $0) }
    let folder = try openFolder(hasWindow: window != nil)
    defer { folder?.removeIfEmpty() }
    var pictures: [InspectReport.Picture] = []
    for path in files {
      do {
        let inspection = try ImageInspection(try FileBytes.read(path), window: window)
        var place: String?
        if let folder {
          let name = Self.name(path, isWide: inspection.hasWideSamples)
          try folder.write(Data(inspection.planes), as: name)
          place = folder.path + "/" + name
        }
        let picture = InspectReport.Picture(path, inspection, window: window, raw: place)
        pictures.append(picture)
        if !json { try Terminal.print(picture.lines) }
      } catch let error as ImagingError {
        refuse("\(path) \(error)", path, &pictures)
      } catch let error as DatasetError {
        refuse("\(error)", path, &pictures)
      }
    }
    if json { try Terminal.printJSON(InspectReport(files: pictures)) }
    if pictures.contains(where: { $0.refused != nil }) { throw QuietEnd(status: 1) }
  }

  private func refuse(_ line: String, _ path: String, _ pictures: inout [InspectReport.Picture]) {
    Terminal.complain(line)
    pictures.append(InspectReport.Picture(refused: line, file: path))
  }

  private static func name(_ path: String, isWide: Bool) -> String {
    URL(filePath: path).lastPathComponent + (isWide ? ".u16" : ".u8")
  }

  /// The folder of --raw, looked at for all names before any work; nil without it.
  private func openFolder(hasWindow: Bool) throws -> OutputFolder? {
    guard let raw else { return nil }
    var sizes: [String: Int] = [:]
    for path in files {
      guard let header = try? FileBytes.header(path) else { continue }
      let isWide = header.hasLevels && !hasWindow
      let output =
        isWide ? DecodeOutput.levels : .bytes(channels: header.channels, scale: .full, window: .full)
      guard sizes.updateValue(output.byteCount(of: header), forKey: Self.name(path, isWide: isWide)) == nil else {
        throw CommandError(
          "--raw \(raw): two files are named \(URL(filePath: path).lastPathComponent): inspect them in two runs, with "
            + "another --raw")
      }
    }
    let byteCounts = sizes
    let folder = try OutputFolder(raw, option: "--raw", names: byteCounts.keys, reading: [] as [String]) { name in
      let size = byteCounts[name]
      return FileSignature { $0.byteCount == size }
    }
    if let note = folder.note { Terminal.say(note) }
    return folder
  }
}
