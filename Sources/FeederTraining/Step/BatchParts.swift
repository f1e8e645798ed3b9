import FeederTorch

/// Runs a batch completely, or in parts after memory ran out. Parts never grow again in this process.
package final class BatchParts {
  /// The most images per part; nil until a batch runs out of memory.
  package var largestPart: Int?
  /// If false, batches are never cut: missing memory is an error at once.
  package var maySplit = true
  /// Called with a line whenever the parts become smaller.
  package var onSplit: (String) -> Void = { _ in }
  private let work: String
  private let device: Device
  private let consequence: String

  /// Parts of `work`, such as "a training step". `consequence` says what smaller parts change, for people.
  package init(of work: String, on device: Device, consequence: String = "") {
    self.work = work
    self.device = device
    self.consequence = consequence
  }

  /// The places of `imageCount` images, divided into parts of nearly equal size.
  package func ranges(_ imageCount: Int) -> [Range<Int>] { Self.ranges(imageCount, largestPart: largestPart) }

  /// The same for parts of at most `largestPart` images.
  static func ranges(_ imageCount: Int, largestPart: Int?) -> [Range<Int>] {
    let count = largestPart.map { (imageCount + $0 - 1) / $0 } ?? 1
    return (0..<max(count, 1)).map { imageCount * $0 / count..<imageCount * ($0 + 1) / count }
  }

  /// Cuts batches of `imageCount` images from the start, because larger parts than `part` images do not fit into
  /// memory. No effect if batches may not be cut.
  func begin(with part: Int, of imageCount: Int) {
    guard maySplit else { return }
    largestPart = part
    onSplit("memory does not suffice for \(work) of \(imageCount) images: it is done in parts of \(part)\(consequence)")
  }

  /// Calls `body` with the parts of `imageCount` images. If memory runs out, calls it again with parts of half the
  /// size; a `body` that throws must leave nothing behind.
  ///
  /// Throws `TrainingError.outOfMemory` if one image does not fit or batches may not be cut, and every other error of
  /// `body`.
  package func run<R>(_ imageCount: Int, _ body: ([Range<Int>]) throws -> R) throws -> R {
    while true {
      let ranges = ranges(imageCount)
      do {
        return try body(ranges)
      } catch let error as EngineError where error.isOutOfMemory {
        let size = ranges.map(\.count).max() ?? 1
        guard maySplit, size > 1 else {
          throw TrainingError.outOfMemory(work: work, imageCount: size, reason: error.message)
        }
        try EngineMemory.releaseUnused(device)
        largestPart = (size + 1) / 2
        onSplit(
          "memory ran out in \(work) of \(size) images (\(error.action): \(error.message)): it is dropped and done again in parts of "
            + "\((size + 1) / 2)\(consequence)")
      }
    }
  }
}
