import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Foundation
import Testing

/// The board photographs of DeepPCB, if they are on this machine.
private enum BoardPhotos {
  /// The set's folder: FEEDER_DEEPPCB, else beside the package; nil if it is missing.
  static let folder: URL? = {
    let chosen = ProcessInfo.processInfo.environment["FEEDER_DEEPPCB"].flatMap { $0.isEmpty ? nil : $0 }
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let url =
      chosen.map { URL(filePath: $0) }
      ?? package.appending(path: "../shared/datasets/DeepPCB").standardizedFileURL
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }()

  /// Every `step`th photograph in the order of the paths.
  static func files(step: Int) throws -> [URL] {
    let folder = try #require(folder)
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    let sorted = names.filter { $0.hasSuffix("_test.jpg") }.sorted()
    return stride(from: 0, to: sorted.count, by: step).map { folder.appending(path: sorted[$0]) }
  }
}

@Suite("Real board photographs decode")
struct DeepPCBDecodeTests {
  @Test(
    "photographs decode whole, halved and as colour, and cut ones are refused",
    .enabled(if: BoardPhotos.folder != nil, "no DeepPCB: set FEEDER_DEEPPCB to its folder"))
  func photographs() throws {
    let decoder = try ImageDecoder()
    let files = try BoardPhotos.files(step: 25)
    #expect(files.count >= 60)
    for file in files {
      let jpeg = [UInt8](try Data(contentsOf: file))
      let info = try jpeg.withUnsafeBytes { try decoder.open($0) }
      #expect(info.size == PixelSize(side: 640), "\(file.lastPathComponent)")
      let grey = try decoder.decode(jpeg, channels: 1)
      let colour = try decoder.decode(jpeg, channels: 3)
      let half = try decoder.decode(jpeg, channels: 1, scale: DecodeScale(denominator: 2))
      #expect(half.size == PixelSize(side: 320))
      // These boards are black and white whatever their component count, so luma and red hardly differ.
      for index in stride(from: 0, to: grey.bytes.count, by: 997) {
        #expect(abs(Int(grey.bytes[index]) - Int(colour.bytes[3 * index])) <= 8)
      }
      if info.channels == 1 { #expect(colour.withView { isGrey($0) }) }
      #expect(throws: ImagingError.self, "\(file.lastPathComponent)") {
        try decoder.decode(Array(jpeg.prefix(jpeg.count * 3 / 4)), channels: 1)
      }
    }
  }
}
