import ArgumentParser
import FeederLoader

/// `feeder bench mosaic`: the training stream from a pixel cache.
struct BenchMosaicCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mosaic",
    abstract: "Runs the training stream from the pixel cache: mosaic of four, affine, HSV and flip, with boxes.",
    discussion: """
      N x C x S x S 8-bit pixels, S being --image-size, with targets and the stream's hash. The floor is memcpy of as many \
      bytes from mapped records into such slots, in as many threads.
      """)

  @OptionGroup var options: LoadingOptions

  func run() throws {
    let bench = try options.bench("mosaic", form: .pixels, order: .shuffled)
    let report = try bench.measure(
      bench.loaderStream(.training(AugmentationSettings())),
      floor: bench.copyFloor(placeBytes: bench.outputBytes, fills: true, prefetchDepth: options.prefetch),
      imageSize: bench.imageSize, imageBytes: bench.outputBytes, prefetchDepth: options.prefetch)
    try options.show(report)
  }
}
