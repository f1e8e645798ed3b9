import BoardSupport
import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging
import Foundation
import Testing

@testable import FeederCache

@Suite("Boards of 12 bits are cached within a level of the same boards of 8 bits")
struct TwelveBitTests {
  /// The pixels of all images as they are cached. `level` gives the sample to store for a byte; nil keeps the JPEG files.
  private func cached(
    _ window: String, _ curve: String = "linear", as choice: CacheChoice = .pixels, level: ((Int) -> Int)?
  ) throws -> [[UInt8]] {
    let fixture = try CacheFixture(count: 6)
    if let level {
      for index in fixture.boards.entries.indices {
        let pixels = try fixture.boards.jpeg(index).withUnsafeBytes { try ImageDecoder().decode($0, channels: 1) }
        let header = "P5\n\(pixels.size.width) \(pixels.size.height)\n65535\n"
        let samples = pixels.bytes.map { level(Int($0)) }
        try fixture.boards.overwrite(
          index, with: Array(header.utf8) + samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })
      }
    }
    var options = SourceOptions(imageSize: 256)
    (options.cache, options.cacheFolder, options.channels) = (choice, fixture.folder.url.path, 1)
    options.levels = try LevelOptions(window: window, curve: curve)
    let source = try SourceOpener(try fixture.boards.dataset(), options).open(.train).source
    let scratch = try DecodeScratch()
    return try (0..<source.count).map { index in
      let view = try source.prepare(index, scratch: scratch)
      return [UInt8](UnsafeRawBufferPointer(start: view.base, count: view.byteCount))
    }
  }

  /// Noise of 0 to 15, the same in each run.
  private func noise() -> () -> Int {
    var random = CounterRandom(seed: 12, purpose: .noise)
    return { random.integer(below: 16) }
  }

  @Test("low and high 12 bits give equal bytes in every form and curve", arguments: ["linear", "sqrt"])
  func lowAndHigh(curve: String) throws {
    let (low, high, again) = (noise(), noise(), noise())
    let first = try cached("9,4086", curve) { $0 * 16 + low() }
    #expect(try first == cached("144,65376", curve) { ($0 * 16 + high()) << 4 })
    #expect(try first == cached("9,4086", curve, as: .jpeg) { $0 * 16 + again() })
  }

  @Test("through the whole range, no pixel is more than a level from the JPEG's")
  func withinALevel() throws {
    let draw = noise()
    let (bytes, levels) = (try cached("auto", level: nil), try cached("0,4095") { $0 * 16 + draw() })
    for (wanted, found) in zip(bytes, levels) {
      #expect(wanted.count == found.count && zip(wanted, found).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }
    #expect(bytes != levels, "the noise is there")
  }
}
