import BoardSupport
import FeederCache
import FeederCore
import Synchronization
import Testing

@testable import FeederLoader
@testable import FeederBench

@Suite("Behind slow storage the loader delivers what the storage gives")
struct ThrottledLoaderTests {
  private func deliver(_ source: some ImageSource, _ mode: LoaderMode, workers: Int) throws -> (UInt64, Telemetry) {
    let loader = try Loader(
      source: source, settings: LoaderSettings(batch: 4, imageSize: 64, mode: mode, workers: workers))
    for epoch in 0..<3 {
      loader.startEpoch(epoch)
      while let batch = try loader.nextBatch() { batch.release() }
    }
    loader.cancel()
    return (loader.epochHash, loader.telemetry)
  }

  @Test(
    "the stream stays, all bytes are charged once, and at least 0.95 of the rate arrives",
    arguments: [CacheChoice.jpeg, .pixels, .none], [1, 3])
  func rateArrives(choice: CacheChoice, workers: Int) throws {
    let boards = try TemporaryBoards(count: 20)
    var options = SourceOptions(imageSize: 64)
    options.cache = choice
    options.channels = 1
    options.cacheFolder = boards.folder.appending(path: "cache").path
    let source = try SourceOpener(try boards.dataset(), options).open(.train).source
    for mode in [LoaderMode.validation, .training(AugmentationSettings())] {
      let clock = SleepClock(start: 0)
      let throttle = StorageThrottle(bytesPerSecond: 30_000, clock: clock)
      let free = try deliver(source, mode, workers: workers)
      let slow = try deliver(ThrottledSource(source, throttle), mode, workers: workers)
      #expect(slow.0 == free.0)
      #expect(slow.1.readByteCount == free.1.readByteCount && slow.1.readByteCount > 0)
      #expect(slow.1.missedByteCount == slow.1.readByteCount)
      let seconds = Double(clock.nanoseconds) / 1e9
      let rate = Double(slow.1.readByteCount) / seconds
      #expect((0.95 * 30_000...30_001).contains(rate))
      #expect(slow.1.readSeconds >= seconds)
    }
  }
}
