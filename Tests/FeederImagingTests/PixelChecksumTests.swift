import CPixels
import FeederCore
import Testing

@testable import FeederImaging

@Suite("The pixels' checksum is XXH3, by every build")
struct PixelChecksumTests {
  @Test("published values: XXH3 with 64 bits and seed 0 of nothing, of one byte and of the specification's test bytes")
  func publishedValues() {
    // xxHash's own sanity buffer: byte i is the top byte of generator i, 64-bit multiplication by the second prime.
    var generator: UInt64 = 2_654_435_761
    let bytes = (0..<2243).map { _ in
      defer { generator &*= 11_400_714_785_074_694_797 }
      return UInt8(generator >> 56)
    }
    let expected: [(Int, UInt64)] = [
      (0, 0x2D06_8005_38D3_94C2), (1, 0xC44B_DFF4_074E_ECDB), (6, 0x27B5_6A84_CD2D_7325),
      (12, 0xA713_DAF0_DFBB_77E7), (2240, 0x6E73_A905_39CF_2948),
    ]
    for (count, value) in expected {
      #expect(bytes[..<count].withUnsafeBytes { pixelChecksum($0) } == value, "\(count) bytes")
    }
  }

  @Test("the fast build equals the plain one at every length and place")
  func buildsAgree() {
    var random = CounterRandom(seed: 1, purpose: .noise)
    let bytes = (0..<70_000).map { _ in UInt8(truncatingIfNeeded: random.nextUInt32()) }
    bytes.withUnsafeBytes { bytes in
      for count in Array(0..<600) + [1023, 1024, 1025, 65_536, 69_990] {
        let part = UnsafeRawBufferPointer(rebasing: bytes[(count % 7)..<(count % 7 + count)])
        #expect(feeder_xxh3(part.baseAddress, count) == feeder_xxh3_plain(part.baseAddress, count))
      }
    }
  }
}
