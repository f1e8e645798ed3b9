import FeederCache
import FeederCore
import FeederImaging
import Synchronization
import Testing

@testable import FeederLoader

/// Images that all miss in memory, or none. Records hints and reads.
private final class StoredSource: ImageSource {
  let count = 400
  let channels = 1
  let largestWidth = 16
  let scratchByteCount = 0
  let hinted = Mutex([Int]())
  let read = Mutex([Int]())
  private let misses: Bool

  init(misses: Bool) { self.misses = misses }

  func item(_ index: Int) -> SourceItem { SourceItem(imageID: "\(index)", size: PixelSize(side: 16), labels: []) }

  func willNeed(_ index: Int) { hinted.withLock { $0.append(index) } }

  func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    read.withLock { $0.append(index) }
    scratch.noteRead(nanoseconds: 0, byteCount: 256, missedByteCount: misses ? 256 : 0)
    return scratch.copy(Pixels(size: PixelSize(side: 16), channels: 1, value: 1))
  }
}

@Suite("The loader hints later images to the storage, as long as that helps")
struct ReadAheadTests {
  private func run(_ source: StoredSource, _ mode: LoaderMode) throws {
    let loader = try Loader(
      source: source, settings: LoaderSettings(batch: 4, imageSize: 16, mode: mode, workers: 1, prefetchDepth: 2))
    loader.startEpoch(0)
    while let batch = try loader.nextBatch() { batch.release() }
  }

  @Test("while reads miss, each image is hinted at once and before its turn")
  func hintsInOrder() throws {
    let source = StoredSource(misses: true)
    try run(source, .validation)
    #expect(source.hinted.withLock { $0 } == Array(ReadAhead.distance..<400))
    #expect(source.read.withLock { $0 } == Array(0..<400))
  }

  @Test("a mosaic's members are hinted at, all four, in the order of their reading")
  func mosaicMembers() throws {
    let source = StoredSource(misses: true)
    try run(source, .training(AugmentationSettings()))
    let hinted = source.hinted.withLock { $0 }
    #expect(hinted.count == 4 * (400 - ReadAhead.distance))
    // Invisible members are not read, so the reads are a part of the hints.
    var rest = hinted[...]
    let later = source.read.withLock { $0 }.suffix(600)
    for entry in later {
      guard let place = rest.firstIndex(of: entry) else {
        Issue.record("image \(entry) was read without a hint")
        return
      }
      rest = rest[(place + 1)...]
    }
  }

  @Test("if everything is in memory the hints end")
  func hintsEnd() throws {
    let source = StoredSource(misses: false)
    try run(source, .validation)
    #expect(source.hinted.withLock { $0.count } == 256)
  }
}
