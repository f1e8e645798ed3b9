import ArgumentParser
import FeederBench

/// `feeder bench decode`: decodes image files from memory to batches of pixels at native size.
struct BenchDecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Decodes image files from memory to batches of 8-bit pixels at their native size.",
    discussion: """
      Every batch is in one slot, image after image, N x H x W x C. Images may differ in size: each then has a place \
      as large as the largest. The floor runs in as many threads, with one output buffer per thread: libjpeg-turbo alone, \
      ISA-L's inflate of a PNG's pixels in one call, or memcpy of a file of any other format.
      """)

  @OptionGroup var options: LoadingOptions

  func run() throws {
    let bench = try options.bench("decode", form: .encoded, order: .shuffled)
    let (stream, prefetchDepth) = try bench.nativeStream()
    let report = try bench.measure(
      stream, floor: bench.decodeFloor { $0 },
      imageSize: bench.largestNativeSide, imageBytes: bench.largestImageBytes, prefetchDepth: prefetchDepth)
    try options.show(report)
  }
}
