import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Foundation
import Testing

/// A picture of a collection, with the pixels that independent readers found in it.
private struct CameraPicture: Decodable, CustomTestStringConvertible {
  let file: String
  /// ok, refuse, either or optional.
  let read: String
  let why: String
  let width: Int?
  let height: Int?
  let channels: Int?
  let tolerance: Int?
  let expected: String?
  let expected8: String?
  let black: Int?
  let white: Int?
  var folder: URL?

  var testDescription: String { file }

  /// The collection's folder: FEEDER_PICTURES, else beside the package; nil if it is missing.
  static let home: URL? = {
    let chosen = ProcessInfo.processInfo.environment["FEEDER_PICTURES"].flatMap { $0.isEmpty ? nil : $0 }
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let url =
      chosen.map { URL(filePath: $0) }
      ?? package.appending(path: "../shared/fixtures/images").standardizedFileURL
    return FileManager.default.fileExists(atPath: url.appending(path: "manifest.json").path) ? url : nil
  }()

  /// The pictures of formats that are read.
  static let all: [CameraPicture] = {
    struct Manifest: Decodable { let files: [CameraPicture] }
    guard let home else { return [] }
    return [home, home.appending(path: "peers")].flatMap { folder -> [CameraPicture] in
      guard let data = try? Data(contentsOf: folder.appending(path: "manifest.json")),
        let manifest = try? JSONDecoder().decode(Manifest.self, from: data)
      else { return [] }
      return manifest.files.map {
        var picture = $0
        picture.folder = folder
        return picture
      }
    }.filter { picture in ImageCodecs.endings.contains(URL(filePath: picture.file).pathExtension) }
  }()

  func bytes(_ name: String) throws -> [UInt8] {
    guard let folder else { throw CocoaError(.fileNoSuchFile) }
    return [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }
}

@Suite("Pictures of cameras and tools have the pixels that other readers find")
struct CameraPictureTests {
  @Test(
    "each is read exactly, or refused in one line",
    .enabled(if: CameraPicture.home != nil, "skipped: no collection of pictures; FEEDER_PICTURES names its folder"),
    arguments: CameraPicture.all)
  private func each(_ picture: CameraPicture) throws {
    let file = try picture.bytes(picture.file)
    let decoder = try ImageDecoder()
    let header: ImageHeader
    do {
      header = try file.withUnsafeBytes { try decoder.open($0) }
      _ = try decoder.decode(file, channels: header.channels)
    } catch let error as ImagingError {
      #expect(picture.read != "ok", "\(error)")
      #expect(!error.description.contains("\n") && error.description.count < 400)
      return
    }
    #expect(picture.read != "refuse", "\(picture.why)")
    guard let expected = picture.expected, picture.channels == header.channels || picture.channels == 3 else { return }
    #expect(header.size == PixelSize(width: picture.width ?? 0, height: picture.height ?? 0))
    #expect(header.channels == picture.channels || picture.read == "either")
    guard header.channels == picture.channels else { return }
    var window = LevelWindow.full
    if header.hasLevels {
      var levels = [UInt16](repeating: 0, count: header.size.width * header.size.height * header.channels)
      try file.withUnsafeBytes { file in
        _ = try decoder.open(file)
        try levels.withUnsafeMutableBufferPointer { try decoder.decodeLevels(into: $0) }
      }
      let planes = planes(levels, header.channels).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      #expect(planes == (try picture.bytes(expected)), "levels of \(picture.why)")
      window = try #require(LevelWindow(black: picture.black ?? 0, white: picture.white ?? 65_535))
    }
    let decoded = try file.withUnsafeBytes { try decoder.decode($0, channels: header.channels, window: window) }
    let bytes = try picture.bytes(header.hasLevels ? try #require(picture.expected8) : expected)
    #expect(decoded.bytes.count == bytes.count)
    let difference = largestDifference(planes(decoded.bytes, header.channels), bytes)
    #expect(difference <= picture.tolerance ?? 0, "pixels of \(picture.why)")
  }

  private func planes<Sample>(_ samples: [Sample], _ channels: Int) -> [Sample] {
    (0..<channels).flatMap { channel in stride(from: channel, to: samples.count, by: channels).map { samples[$0] } }
  }
}
