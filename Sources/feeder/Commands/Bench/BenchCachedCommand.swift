import ArgumentParser
import FeederBench

/// `feeder bench cached`: copies shuffled records of a pixel cache into batches.
struct BenchCachedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cached",
    abstract: "Copies shuffled records of the pixel cache into batches.",
    discussion: """
      N x C x H x W 8-bit pixels as the cache holds them. Images may differ in size: each then has a place as large as the \
      largest. The floor is memcpy of the same records in the same order into such slots, in as many threads.
      """)

  @OptionGroup var options: LoadingOptions

  func run() throws {
    let bench = try options.bench("cached", form: .pixels, order: .shuffled)
    let (stream, prefetchDepth) = try bench.nativeStream()
    let report = try bench.measure(
      stream,
      floor: bench.copyFloor(
        placeBytes: bench.largestImageBytes, fills: false, prefetchDepth: prefetchDepth),
      imageSize: bench.largestNativeSide, imageBytes: bench.largestImageBytes, prefetchDepth: prefetchDepth)
    try options.show(report)
  }
}
