import BoardSupport
import CAllocationCount
import FeederCodecs
import FeederDatasets
import Foundation
import Testing

@testable import FeederCache

@Suite("Decoding a record asks for no memory beyond what libjpeg-turbo asks for")
struct DecodingAllocationTests {
  /// Ten boards whose names are too long to be stored inside a String.
  private func longNames() throws -> TemporaryBoards {
    let boards = try TemporaryBoards(count: 10, channels: 3)
    for entry in boards.entries {
      for path in [entry.imagePath, entry.labelPath] {
        let url = URL(filePath: path)
        let name = "a-board-with-a-long-name-" + url.lastPathComponent
        try FileManager.default.moveItem(at: url, to: url.deletingLastPathComponent().appending(path: name))
      }
    }
    return boards
  }

  private func blocks(_ body: () throws -> Void) rethrows -> UInt64 {
    let before = feeder_own_allocation_count()
    try body()
    return feeder_own_allocation_count() - before
  }

  @Test("an image of a JPEG cache takes as many blocks as the decoder alone")
  func sameAsDecoder() throws {
    let boards = try longNames()
    let dataset = try boards.dataset()
    var options = SourceOptions(imageSize: 64)
    options.cache = .jpeg
    options.cacheFolder = boards.folder.appending(path: "cache").path
    let source = try SourceOpener(dataset, options).open(.train).source
    #expect(source.count == 10 && source.item(0).imageID.utf8.count > 15)
    let files = try dataset.entries(.train).map { [UInt8](try Data(contentsOf: URL(filePath: $0.imagePath))) }

    let decoder = try ImageDecoder()
    var room = [UInt8](repeating: 0, count: 200 * 160 * 3)
    var sum = 0
    func decodeAll() throws {
      for file in files {
        try file.withUnsafeBytes { jpeg in
          try room.withUnsafeMutableBytes { target in
            let size = try decoder.open(jpeg).size
            let scale = DecodeScale.fitting(size, imageSize: 64)
            let fitted = scale.size(of: size)
            let part = UnsafeMutableRawBufferPointer(
              rebasing: target[..<(fitted.width * fitted.height * source.channels)])
            _ = try decoder.decode(jpeg, channels: source.channels, scale: scale, into: part)
          }
        }
      }
    }
    let scratch = try DecodeScratch()
    func useAll() throws {
      for index in 0..<10 {
        sum += Int(try source.prepare(index, scratch: scratch).base.pointee)
        if try source.replacement(of: index, scratch: scratch) != nil { sum = .min }
      }
    }
    try decodeAll()
    try useAll()
    let alone = try blocks(decodeAll)
    let asked = try blocks(useAll)
    #expect(asked == alone)
    #expect(sum > 0)
    withExtendedLifetime(boards) {}
  }
}
