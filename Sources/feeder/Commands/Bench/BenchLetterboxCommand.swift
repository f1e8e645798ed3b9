import ArgumentParser
import FeederCodecs
import FeederImaging

/// `feeder bench letterbox`: decodes image files from memory to letterboxed batches through the validation loader.
struct BenchLetterboxCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "letterbox",
    abstract: "Decodes image files from memory and fits them to square batches, as validation does.",
    discussion: """
      N x C x S x S 8-bit pixels, S being --image-size: decoded at the reduction that fits, then resized once into the slot, \
      with boxes and the stream's hash. The floor is libjpeg-turbo alone in as many threads, at the same reduction.
      """)

  @OptionGroup var options: LoadingOptions

  func run() throws {
    let bench = try options.bench("letterbox", form: .encoded, order: .dataset)
    let side = bench.imageSize
    let report = try bench.measure(
      bench.loaderStream(.validation),
      floor: bench.decodeFloor { DecodeScale.fitting($0, imageSize: side).size(of: $0) }, imageSize: side,
      imageBytes: bench.outputBytes, prefetchDepth: options.prefetch)
    try options.show(report)
  }
}
