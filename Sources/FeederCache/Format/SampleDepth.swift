import FeederCodecs
import FeederImaging

/// Bits of the samples in the image files of a split. A `LevelWindow` maps levels of more than 8 bits.
package enum SampleDepth: UInt32, Sendable {
  /// 8 bits or fewer in all images.
  case bytes = 0
  /// More than 8 bits in all images.
  case levels = 1
  /// Both kinds of images.
  case mixed = 2

  /// The depth of images with these headers; nil for headers that could not be read.
  init(_ headers: some Sequence<ImageHeader?>) {
    var kinds: Set<Bool> = []
    for case let header? in headers { kinds.insert(header.hasLevels) }
    self = kinds.count == 2 ? .mixed : kinds.contains(true) ? .levels : .bytes
  }

  /// The depth of these images and others together.
  func joined(with other: SampleDepth) -> SampleDepth { self == other ? self : .mixed }
}
