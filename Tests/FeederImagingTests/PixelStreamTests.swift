import BoardSupport
import CPixels
import FeederCodecs
import FeederCore
import FeederImaging
import Testing

@Suite("Pixels that go past the caches arrive unchanged, wherever they start and end")
struct PixelStreamTests {
  /// Bytes with a margin of 0xEE on both sides, from `offset` past an address aligned to 64 on.
  private func written(_ count: Int, offset: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) -> [UInt8]? {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count + 256, alignment: 64)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0xEE)
    body(UnsafeMutableRawBufferPointer(rebasing: memory[(64 + offset)..<(64 + offset + count)]))
    let isMarginKept =
      memory[..<(64 + offset)].allSatisfy { $0 == 0xEE } && memory[(64 + offset + count)...].allSatisfy { $0 == 0xEE }
    return isMarginKept ? Array(memory[(64 + offset)..<(64 + offset + count)]) : nil
  }

  @Test("Copies and grey spread to three channels", arguments: [1, 15, 16, 17, 63, 64, 65, 200, 1000, 4096])
  func streams(count: Int) {
    let grey = TestImages.noise(PixelSize(width: count, height: 1), channels: 1, seed: 7).bytes
    let spread = grey.flatMap { [$0, $0, $0] }
    for offset in [0, 1, 16, 40] {
      let copy = written(count, offset: offset) { target in grey.withUnsafeBytes { streamCopy($0, into: target) } }
      #expect(copy == grey)
      let streamed = written(3 * count, offset: offset) { target in
        grey.withUnsafeBytes { streamGrey($0, into: target) }
      }
      #expect(streamed == spread)
      // In place, the grey in the last third, by the fast kernel and by the reference.
      for kernel in [feeder_spread_grey, feeder_spread_grey_plain] {
        let inPlace = written(3 * count, offset: offset) { target in
          UnsafeMutableRawBufferPointer(rebasing: target[(2 * count)...]).copyBytes(from: grey)
          guard let base = target.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
          kernel(base + 2 * count, count, base)
        }
        #expect(inPlace == spread)
      }
    }
  }

  @Test("A grey JPEG in three channels is its grey three times, at every reduction", arguments: [1, 2, 4, 8])
  func greyJPEG(denominator: Int) throws {
    let jpeg = try TestImages.jpeg(PixelSize(width: 119, height: 67), channels: 1)
    let scale = DecodeScale(denominator: denominator)
    let decoder = try ImageDecoder()
    let grey = try decoder.decode(jpeg, channels: 1, scale: scale)
    let colour = try decoder.decode(jpeg, channels: 3, scale: scale)
    #expect(colour.size == grey.size && colour.bytes == grey.bytes.flatMap { [$0, $0, $0] })
  }

  @Test("Half chroma is 4:2:0: fewer bytes, the same brightness to the eye")
  func chroma() throws {
    let image = TestImages.board(PixelSize(width: 160, height: 96), channels: 3)
    let encoder = try JPEGEncoder()
    let full = try image.withView { try encoder.encode($0, quality: 90) }
    let half = try image.withView { try encoder.encode($0, quality: 90, chroma: .half) }
    #expect(half.count < full.count)
    // The frame header (FF C0) says 2 x 2 samples of brightness for one of each colour.
    let start = try #require(half.indices.first { half[$0...].starts(with: [0xFF, 0xC0]) })
    #expect([half[start + 11], half[start + 14], half[start + 17]] == [0x22, 0x11, 0x11])
    let decoder = try ImageDecoder()
    let (left, right) = (try decoder.decode(full, channels: 1), try decoder.decode(half, channels: 1))
    #expect(largestDifference(left.bytes, right.bytes) <= 12)
  }
}
