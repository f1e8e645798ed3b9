import FeederCore
import Testing

@Suite("Checksums and byte counts")
struct ChecksumTests {
  @Test(
    "XXH64 gives the published values",
    arguments: [
      ("", UInt64(0), UInt64(0xEF46_DB37_51D8_E999)),
      ("a", 0, 0xD24E_C4F1_A98C_6E5B),
      ("abc", 0, 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0, 0xFBCE_A83C_8A37_8BF1),
    ])
  func knownAnswers(text: String, seed: UInt64, expected: UInt64) {
    #expect(Checksum.xxh64(Array(text.utf8), seed: seed) == expected)
  }

  @Test("XXH64 of pieces is the one of all bytes")
  func pieces() {
    let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 * 37) }
    for count in [0, 31, 32, 33, 64, 97, 200] {
      for first in stride(from: 0, through: count / 32 * 32, by: 32) {
        var sum = Checksum(seed: 5)
        bytes.withUnsafeBytes { all in
          sum.add(UnsafeRawBufferPointer(rebasing: all[..<first]))
          #expect(
            sum.finish(UnsafeRawBufferPointer(rebasing: all[first..<count]))
              == Checksum.xxh64(Array(bytes[..<count]), seed: 5))
        }
      }
    }
  }

  @Test("Byte counts read what people write and refuse the rest")
  func byteCounts() {
    #expect(ByteCount(text: "2GiB")?.bytes == 2_147_483_648)
    #expect(ByteCount(text: "64 MiB")?.bytes == 67_108_864)
    #expect(ByteCount(text: "1.5k")?.bytes == 1536)
    #expect(ByteCount(text: "12")?.bytes == 12)
    for bad in ["", "GiB", "-1", "1XB", "1e99GiB", "1..2"] { #expect(ByteCount(text: bad) == nil) }
    #expect(ByteCount.isTooLarge("99999999999GiB") && !ByteCount.isTooLarge("2GiB") && !ByteCount.isTooLarge("x"))
  }
}
