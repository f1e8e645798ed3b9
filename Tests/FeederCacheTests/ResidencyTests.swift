import BoardSupport
import FeederCore
import Foundation
import Testing

@testable import FeederCache

/// The abilities of the temporary folder's storage.
enum PageCache {
  /// True if pages of a file can be dropped from memory on request. That works on a disk, but not in a tmpfs.
  ///
  /// The probe maps its file itself. A `MappedFile` reads its last byte when it opens, and the kernel then reads up to
  /// `read_ahead_kb` around that byte: the whole of a small file.
  static let canBeDropped: Bool = {
    let byteCount = 65_536
    let path = FileManager.default.temporaryDirectory.appending(path: "feeder-drop-\(UUID().uuidString)").path
    defer { unlink(path) }
    guard let file = try? OpenFile(path, flags: O_RDWR | O_CREAT | O_EXCL),
      (try? [UInt8](repeating: 1, count: byteCount).withUnsafeBytes({ try file.write($0, offset: 0) })) != nil,
      fsync(file.descriptor) == 0
    else { return false }
    SourceFile.drop(path)
    guard let base = mmap(nil, byteCount, PROT_READ, MAP_SHARED, file.descriptor, 0), base != MAP_FAILED else {
      return false
    }
    defer { munmap(base, byteCount) }
    return Residency.absentByteCount(UnsafeRawBufferPointer(start: base, count: byteCount)) > 0
  }()
}

@Suite(
  "Reads that miss the page cache are measured as such",
  .enabled(if: PageCache.canBeDropped, "the temporary folder is in memory, or its pages cannot be dropped"))
struct ResidencyTests {
  /// A cache of 20 records of 64 KiB, none of which is in memory.
  private func droppedCache() throws -> (CacheFixture, ImageCache) {
    let fixture = try CacheFixture(count: 20, sizes: [PixelSize(side: 256)])
    let path = try fixture.build(.pixels(channels: 1, imageSize: 256)).path
    // Reading the index may read records as well, so they are dropped after the file is open.
    let cache = ImageCache(try CacheFile(path: path), channels: 1, imageSize: 256)
    SourceFile.drop(path)
    return (fixture, cache)
  }

  private func use(_ cache: ImageCache) throws -> DecodeScratch.Times {
    let scratch = try DecodeScratch()
    for place in 0..<cache.count {
      #expect(try cache.prepare(place * 7 % cache.count, scratch: scratch).size.width == 256)
    }
    return scratch.takeTimes()
  }

  @Test("dropped records are missed and their reading timed; read again they are not")
  func missesAreCounted() throws {
    let (fixture, cache) = try droppedCache()
    let first = try use(cache)
    #expect(first.readByteCount == 20 * 65_536)
    // Neighbours share a page, and the kernel may have read slightly ahead.
    #expect(first.missedByteCount > first.readByteCount / 2)
    #expect(first.readNanoseconds > 0)
    let second = try use(cache)
    #expect(second.readByteCount == first.readByteCount)
    #expect(second.missedByteCount == 0 && second.readNanoseconds == 0)
    withExtendedLifetime(fixture) {}
  }

  @Test("what was announced in time is not missed")
  func readAhead() throws {
    let (fixture, cache) = try droppedCache()
    for index in 0..<cache.count { cache.willNeed(index) }
    let records = (0..<cache.count).map { cache.file.mappedRecord($0) }
    let deadline = ContinuousClock.now + .seconds(30)
    while records.contains(where: { Residency.absentByteCount($0) > 0 }), ContinuousClock.now < deadline {
      sched_yield()  // the storage is reading
    }
    let times = try use(cache)
    #expect(times.readByteCount == 20 * 65_536)
    #expect(times.missedByteCount == 0)
    withExtendedLifetime(fixture) {}
  }

  @Test("a file that was cut while its records were not in memory is an error even for a record verified before")
  func cutWhileAbsent() throws {
    let fixture = try CacheFixture(count: 20, sizes: [PixelSize(side: 256)])
    let file = try fixture.build(.pixels(channels: 1, imageSize: 256))
    let scratch = try DecodeScratch()
    _ = try file.record(19, scratch: scratch)
    #expect(truncate(file.path, 4096) == 0)
    #expect(throws: CacheError.self) { try file.record(19, scratch: scratch) }
  }
}
