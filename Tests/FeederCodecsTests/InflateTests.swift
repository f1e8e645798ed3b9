import FeederImaging
import Foundation
import Testing

@testable import FeederCodecs

@Suite("Packed data come out whole, bounded, or are refused")
struct InflateTests {
  /// Bytes that repeat at every distance, packed by `stored` blocks and a fixed code: by hand, since the room only unpacks.
  private func zlib(_ bytes: [UInt8]) -> [UInt8] {
    ZlibStream.stored(bytes, blockByteCount: 5_000)
  }

  private let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }

  private func unpack(_ stream: [UInt8], count: Int) throws -> (bytes: [UInt8], isAll: Bool) {
    var output = [UInt8](repeating: 0, count: count)
    let isAll = try stream.withUnsafeBytes { stream in
      try output.withUnsafeMutableBytes { try Inflate(.png).unpack(stream, into: $0) }
    }
    return (output, isAll)
  }

  @Test("a stream is unpacked into memory of its size")
  func whole() throws {
    let result = try unpack(zlib(bytes), count: bytes.count)
    #expect(result.bytes == bytes && result.isAll)
    #expect(
      try unpack(ZlibStream.run(of: 7, count: 100_000), count: 100_000).bytes == [UInt8](repeating: 7, count: 100_000))
  }

  @Test("input and output in parts of any size give the same", arguments: [1, 7, 331, 8_192, 70_000])
  func parts(size: Int) throws {
    for stream in [zlib(bytes), ZlibStream.run(of: 200, count: 300_000)] {
      let inflate = Inflate(.png)
      var output: [UInt8] = []
      try stream.withUnsafeBytes { stream in
        var place = min(size, stream.count)
        inflate.start(UnsafeRawBufferPointer(rebasing: stream[..<place]))
        var part = [UInt8](repeating: 0, count: size * 3 + 1)
        while true {
          let (count, state) = try part.withUnsafeMutableBytes { try inflate.read(into: $0) }
          output += part[..<count]
          if state == .ended { break }
          guard state == .needsInput else { continue }
          try #require(place < stream.count)
          let end = min(place + size, stream.count)
          inflate.feed(UnsafeRawBufferPointer(rebasing: stream[place..<end]))
          place = end
        }
      }
      #expect(output.count == 300_000)
      #expect(output == (stream.count < 10_000 ? [UInt8](repeating: 200, count: 300_000) : bytes))
    }
  }

  @Test("more output than memory is left alone; less is refused")
  func sizes() throws {
    let short = try unpack(zlib(bytes), count: 1_000)
    #expect(short.bytes == Array(bytes[..<1_000]) && !short.isAll)
    #expect(throws: ImagingError.truncated(.png, reason: "its packed data end 1 bytes early")) {
      try unpack(zlib(bytes), count: bytes.count + 1)
    }
    #expect(throws: ImagingError.self) { try unpack(Array(zlib(bytes).dropLast(1_000)), count: bytes.count) }
    #expect(try unpack(Array(zlib(bytes).dropLast(3)), count: bytes.count).isAll == false)
    #expect(throws: ImagingError.self) { try unpack([], count: 1) }
  }

  @Test("damage is refused by its kind")
  func damage() throws {
    var stream = zlib(bytes)
    stream[stream.count - 1] ^= 1
    #expect(throws: ImagingError.damaged(.png, reason: "the checksum of its packed data is wrong")) {
      try unpack(stream, count: bytes.count)
    }
    for (place, value) in [(0, 0x79), (1, 0x20), (2, 7), (5, 0)] as [(Int, UInt8)] {
      var stream = zlib(bytes)
      stream[place] = value
      #expect(throws: ImagingError.self) { try unpack(stream, count: bytes.count) }
    }
  }
}
