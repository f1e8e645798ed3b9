import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Testing

@Suite("Every kind of odd file decodes or is refused by name, whatever the decoder had before it")
struct ImageFaultTests {
  private static let faults: [ImageFault] = (try? ImageFault.all())?.filter { $0.bytes != nil } ?? []

  /// What becomes of bytes.
  private enum Outcome: Equatable {
    case pixels(Pixels)
    case refused(String)
  }

  private func outcome(_ bytes: [UInt8], _ decoder: ImageDecoder, channels: Int) throws -> Outcome {
    do {
      return .pixels(try decoder.decode(bytes, channels: channels))
    } catch let error as ImagingError {
      return .refused(error.description)
    }
  }

  @Test("there are at least a hundred kinds, each of another name")
  func kinds() throws {
    let all = try ImageFault.all()
    #expect(all.count >= 100 && Set(all.map(\.name)).count == all.count)
  }

  @Test("each kind has the outcome that it must have", arguments: faults)
  func each(_ fault: ImageFault) throws {
    let bytes = try #require(fault.bytes)
    for channels in [1, 3] {
      let outcome = try outcome(bytes, ImageDecoder(), channels: channels)
      switch (outcome, fault.word) {
      case (.pixels, nil): break
      case (.refused(let reason), let word?): #expect(reason.contains(word), "no '\(word)' in: \(reason)")
      case (.refused(let reason), nil): Issue.record("refused: \(reason)")
      case (.pixels, _?): Issue.record("decoded")
      }
    }
  }

  @Test("a decoder that had all other kinds before gives what a new one gives")
  func usedDecoder() throws {
    let used = try ImageDecoder()
    for step in [1, 7] {  // two orders, so that each follows on two others
      for place in Self.faults.indices {
        let fault = Self.faults[place * step % Self.faults.count]
        let bytes = try #require(fault.bytes)
        #expect(
          try outcome(bytes, used, channels: 3) == outcome(bytes, ImageDecoder(), channels: 3), "\(fault.name)")
      }
    }
  }

  @Test("Motion JPEG, which leaves the standard tables out, decodes as with them")
  func motion() throws {
    let whole = try ImageDecoder().decode(SampleJPEGs.baseline(), channels: 3)
    let fault = try #require(Self.faults.first { $0.name == "motion-jpeg" })
    let decoder = try ImageDecoder()
    _ = try decoder.decode(SampleJPEGs.blocks(), channels: 1)  // other tables
    #expect(try decoder.decode(#require(fault.bytes), channels: 3) == whole)
  }

  @Test("a size that the file's bytes cannot hold is refused before its pixels have memory")
  func noMemory() throws {
    let header = JPEGPieces.start + JPEGPieces.frame(width: 13_377, height: 13_377) + JPEGPieces.scan()
    #expect(throws: ImagingError.truncated(.jpeg, reason: "\(header.count) bytes cannot hold 13377 x 13377 pixels")) {
      try header.withUnsafeBytes { try ImageHeader(of: $0) }
    }
    let info = try header.withUnsafeBytes { try ImageHeader(of: $0, fileByteCount: 400_000) }
    #expect(info.size == PixelSize(side: 13_377))
  }
}
