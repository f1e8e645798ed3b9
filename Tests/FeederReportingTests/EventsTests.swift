import FeederCodecs
import FeederCore
import FeederImaging
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
    #expect(EventRecord.checksum(Data(0..<32)) == 0x46DD_794E, "RFC 3720, B.4")
  }

  @Test("A frame is the length, its checksum, the message and its checksum")
  func frame() {
    let frame = EventRecord.framed(Data("abc".utf8))
    #expect(frame.count == 8 + 4 + 3 + 4)
    #expect(frame.prefix(8) == Data([3, 0, 0, 0, 0, 0, 0, 0]))
    #expect(frame[12..<15] == Data("abc".utf8))
  }

  /// The bytes that the RecordWriter of TensorBoard 2.21.0 writes for the same events.
  @Test("A start, numbers and a picture are the bytes that TensorBoard's own writer makes")
  func bytes() {
    func hexadecimal(_ record: Data) -> String { record.map { String(format: "%02x", $0) }.joined() }
    #expect(
      hexadecimal(EventRecord.start(time: 1.5, step: 300))
        == "100000000000000095fbfe1809000000000000f83f10ac023a020801713b788a")
    #expect(
      hexadecimal(
        EventRecord.summary(time: 1.5, step: 300, [("a/b", .scalar(0.1)), ("c", .scalar(-.infinity))]))
        == "2400000000000000422b804d09000000000000f83f10ac022a160a0a0a03612f6215cdcccc3d0a080a016315000080fff62ec92f")
    #expect(
      hexadecimal(
        EventRecord.summary(time: 1.5, step: 300, [("i", .image(jpeg: [1, 2, 3], width: 3, height: 200))]))
        == "2100000000000000017becf609000000000000f83f10ac022a130a110a0169220c08c801100318032203010203dd70d9ff")
  }
}

@Suite("An events file holds whole records, whatever happens")
struct EventsFileTests {
  /// The records of a file without their frames; nil if the last one is cut off.
  private static func messages(_ url: URL) throws -> [Data]? {
    var rest = try Data(contentsOf: url)[...]
    var messages: [Data] = []
    while !rest.isEmpty {
      guard rest.count >= 16 else { return nil }
      let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      guard rest.count >= length + 16 else { return nil }
      messages.append(Data(rest.dropFirst(12).prefix(length)))
      rest = rest.dropFirst(length + 16)
    }
    return messages
  }

  private static func grey(side: Int) throws -> [UInt8] {
    let image = Pixels(size: PixelSize(side: side), channels: 1, value: 128)
    let encoder = try JPEGEncoder()
    return try image.withView { view throws -> [UInt8] in try encoder.encode(view, quality: 90) }
  }

  @Test("Every event is in the file as soon as it is added")
  func atOnce() throws {
    let folder = try TemporaryFolder()
    let file = try EventsFile(in: folder.url, from: 1)
    #expect(try Self.messages(file.url)?.count == 2)
    try file.append([("a", 1), ("b", 2)], step: 1)
    #expect(try Self.messages(file.url)?.count == 3)
    let jpeg = try Self.grey(side: 16)
    try file.append(jpeg: jpeg, width: 16, height: 16, tag: "train_batch0", step: 0)
    let messages = try #require(try Self.messages(file.url))
    #expect(messages.count == 4 && messages[3].suffix(jpeg.count) == Data(jpeg))
  }

  @Test("A second file in the same second, or beside one from the future, sorts behind it")
  func order() throws {
    let folder = try TemporaryFolder()
    let first = try EventsFile(in: folder.url, from: 1)
    let second = try EventsFile(in: folder.url, from: 3)
    _ = try folder.file("events.out.tfevents.4000000000.other.17.0", "")
    _ = try folder.file("events.out.tfevents.12345678901.strange", "")
    let third = try EventsFile(in: folder.url, from: 5)
    let names = [first, second, third].map(\.url.lastPathComponent)
    #expect(names == names.sorted() && Set(names).count == 3, "\(names)")
    #expect(names.allSatisfy { $0.wholeMatch(of: /events\.out\.tfevents\.\d{10}\.feeder/) != nil }, "\(names)")
    #expect(third.url.lastPathComponent == "events.out.tfevents.4000000001.feeder")
  }

  @Test("A missing folder, a full disk and a name that nothing can follow are one line each")
  func unwritable() throws {
    let missing = #expect(throws: ReportingError.self) { try EventsFile(in: URL(filePath: "/nowhere"), from: 1) }
    let line = try #require(missing).description
    #expect(line.hasPrefix("/nowhere/events.out.tfevents.") && line.hasSuffix("(No such file or directory)"))
    let full = #expect(throws: ReportingError.self) {
      try EventsFile(URL(filePath: "/dev/full"), owning: open("/dev/full", O_WRONLY), from: 1)
    }
    #expect(full?.description.hasPrefix("/dev/full: cannot be written (No space left on device: ") == true)
    let folder = try TemporaryFolder()
    _ = try folder.file("events.out.tfevents.9999999999.feeder", "")
    let last = #expect(throws: ReportingError.self) { try EventsFile(in: folder.url, from: 1) }
    #expect(last?.description.contains("move it away") == true)
  }

  // In a separate process, because the limit applies to the whole process.
  @Test("Of a record that does not fit nothing stays, and what fits can be added after it")
  func cutOff() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let file = try EventsFile(in: folder.url, from: 1)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 200, rlim_max: 200)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      let error = #expect(throws: ReportingError.self) {
        try file.append(jpeg: Self.grey(side: 64), width: 64, height: 64, tag: "train_batch0", step: 0)
      }
      #expect(error?.description.contains("(File too large: the file size limit is 200 B (ulimit -f)") == true)
      #expect(try Self.messages(file.url)?.count == 2)
      try file.append([("a", 1)], step: 1)
      #expect(try Self.messages(file.url)?.count == 3)
    }
  }
}
