import Foundation
import Testing

@testable import FeederReporting

@Suite("TensorBoard's records are framed as TFRecord has them")
struct EventsTests {
  @Test("CRC-32C gives the published values")
  func checksum() {
    #expect(EventRecord.checksum(Data("123456789".utf8)) == 0xE306_9283)
    #expect(EventRecord.checksum(Data(count: 32)) == 0x8A91_36AA, "RFC 3720, B.4")
    #expect(EventRecord.checksum(Data(repeating: 0xFF, count: 32)) == 0x62A8_AB43, "RFC 3720, B.4")
  }

  @Test("A frame is the length, its checksum, the message and its checksum")
  func frame() {
    let frame = EventRecord.framed(Data("abc".utf8))
    #expect(frame.count == 8 + 4 + 3 + 4)
    #expect(frame.prefix(8) == Data([3, 0, 0, 0, 0, 0, 0, 0]))
    #expect(frame[12..<15] == Data("abc".utf8))
  }

  @Test("Two files of one second have names of their own; a missing folder is one line")
  func names() throws {
    let folder = try TemporaryFolder()
    let files = try (0..<3).map { _ in try EventsFile(in: folder.url) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == files.count)
    let error = #expect(throws: ReportingError.self) { try EventsFile(in: URL(filePath: "/nowhere")) }
    #expect(error?.description.hasSuffix("cannot be written (No such file or directory)") == true)
  }
}
