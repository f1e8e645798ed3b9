import BoardSupport
import FeederCore
import FeederDatasets
import Foundation
import Synchronization
import Testing

@testable import FeederCache

@Suite("--cache auto takes the faster form by measurement, and stays with it")
struct FormDecisionTests {
  /// 1,000 images on two cores, each 1 ms to decode and 0.1 ms to fit; 100 MB as JPEG, 400 MB as pixels, read at 100
  /// MB/s.
  private let costs = FormCosts(
    imageCount: 1000, encodedByteCount: 100_000_000, pixelByteCount: 400_000_000, decodeSeconds: 1e-3, fitSeconds: 1e-4,
    openSeconds: 1e-4, storageBytesPerSecond: 100e6, room: 1 << 40, coreCount: 2)

  @Test("what memory holds is bound by the cores, the rest by the storage")
  func predictions() {
    var costs = costs
    #expect(abs(costs.imagesPerSecond(.pixels) - 20_000) < 1e-6)
    #expect(abs(costs.imagesPerSecond(.encoded) - 2 / 1.1e-3) < 1e-6)
    #expect(abs(costs.imagesPerSecondWithoutCache - 2 / 1.2e-3) < 1e-6)
    costs.room = 0
    #expect(costs.imagesPerSecond(.pixels) == 250)
    #expect(costs.imagesPerSecond(.encoded) == 1000)
    costs.room = 200_000_000  // half of the pixels, all JPEG bytes
    #expect(costs.imagesPerSecond(.pixels) == 500)
  }

  @Test("the faster form that fits is taken")
  func choices() {
    var costs = costs
    #expect(costs.faster(freeByteCount: .max) == .pixels)
    #expect(costs.faster(freeByteCount: 399_999_999) == .encoded)
    costs.room = 0
    #expect(costs.faster(freeByteCount: .max) == .encoded)
    costs.storageBytesPerSecond = 4e9  // now decoding is the slower part
    #expect(costs.faster(freeByteCount: .max) == .pixels)
    costs.decodeSeconds = 0
    costs.room = 1 << 40
    #expect(costs.faster(freeByteCount: .max) == .encoded)
  }

  /// Opens the train split with `--cache auto`. Returns it with the printed lines and the number of measurements.
  private func open(
    _ fixture: CacheFixture, _ costs: FormCosts, available: Int = 1 << 40, channels: Int? = nil
  ) throws -> (opened: OpenedSource, lines: [String], measured: Int) {
    var options = SourceOptions(imageSize: 64, memory: 1000)
    options.cacheFolder = fixture.folder.url.path
    options.channels = channels
    options.availableMemory = available
    let lines = Mutex([String]())
    let measured = Atomic(0)
    let opener = SourceOpener(
      try fixture.boards.dataset(), options, say: { line in lines.withLock { $0.append(line) } },
      measure: { _, _, _, _, _ in
        measured.add(1, ordering: .relaxed)
        return costs
      })
    return (try opener.open(.train), lines.withLock { $0 }, measured.load(ordering: .relaxed))
  }

  private func slow(_ form: CacheForm) -> FormCosts {
    var costs = costs
    costs.room = form == .encoded ? 1 << 40 : 0
    return costs
  }

  @Test("the choice is printed with its numbers, and the next run neither measures nor builds", arguments: [1, nil])
  func choiceStays(channels: Int?) throws {
    let fixture = try CacheFixture()
    for form in [CacheForm.encoded, .pixels] {
      let other = form == .encoded ? CacheForm.pixels : .encoded
      let first = try open(fixture, slow(other), channels: channels)
      #expect(first.measured == 1 && first.opened.wasBuilt && first.opened.file?.recipe.form == form)
      #expect(first.lines.contains { $0.hasPrefix("cache: \(form.rawValue) for train (predicted images/s: pixels ") })
      let second = try open(fixture, slow(form), channels: channels)  // noise that would change the choice
      #expect(second.measured == 0 && !second.opened.wasBuilt && second.opened.file?.recipe.form == form)
      #expect(second.lines.contains { $0.contains("as decided before") && $0.contains("decode 1.00 ms") })
      // A changed source is built again, in the same form.
      try fixture.boards.overwrite(2, with: fixture.boards.jpeg(form == .encoded ? 7 : 8))
      let third = try open(fixture, slow(form), channels: channels)
      #expect(third.measured == 0 && third.opened.wasBuilt && third.opened.file?.recipe.form == form)
      #expect(try !fixture.folder.drop(fixture.boards.dataset()).isEmpty)
      #expect(fixture.names.isEmpty)
    }
  }

  @Test("memory that shrinks or grows to another world is measured again; a damaged note too")
  func newWorld() throws {
    let fixture = try CacheFixture()
    #expect(try open(fixture, costs, available: 500_001_000).measured == 1)
    #expect(try open(fixture, costs, available: 300_001_000).measured == 0)
    #expect(try open(fixture, slow(.pixels), available: 100_001_000).opened.file?.recipe.form == .encoded)
    #expect(try open(fixture, costs, available: 700_001_000).measured == 0)
    #expect(try open(fixture, costs, available: 900_001_000).opened.file?.recipe.form == .pixels)
    let name = try #require(fixture.names.first { $0.hasSuffix(FormDecision.ending) })
    let path = fixture.folder.url.appending(path: name).path
    let good = try Data(contentsOf: URL(filePath: path))
    for damage in [
      Data(), Data("form pixels\n".utf8), good.dropLast(9), good + good, Data(repeating: 0xff, count: 300),
    ] {
      try damage.write(to: URL(filePath: path))
      #expect(try open(fixture, costs, available: 900_001_000).measured == 1)
      #expect(try Data(contentsOf: URL(filePath: path)) == good)
    }
  }

  @Test("the real measurement gives real numbers, in either folder")
  func probe() throws {
    let boards = try TemporaryBoards(count: 12, sizes: [PixelSize(side: 400)])
    let survey = try SourceSurvey(boards.entries)
    for folder in [boards.folder.path + "/cache", "/dev/shm/feeder-probe-\(UUID().uuidString)"] {
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let costs = try FormProbe.measure(
        survey, channels: 1, imageSize: 320, folder: CacheFolder(folder), room: 1 << 40)
      #expect(costs.imageCount == 12 && costs.encodedByteCount == survey.fileByteCount)
      #expect(costs.pixelByteCount == 12 * 400 * 400)
      #expect(costs.decodeSeconds > 1e-5 && costs.fitSeconds > 1e-6 && costs.openSeconds > 0)
      #expect(costs.storageBytesPerSecond > 1e5)
      #expect(costs.faster(freeByteCount: .max) == .pixels)
      #expect((try? FileManager.default.contentsOfDirectory(atPath: folder)) == [])
    }
  }
}
