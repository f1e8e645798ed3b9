import FeederTorch

/// Runs a batch whole, or in parts where memory has run out before. Parts never grow again while the process lives.
package final class BatchParts {
  /// Images of a part at most; nil where no batch has run out of memory yet.
  package var largestPart: Int?
  /// False where a whole batch is what is tried: then missing memory is an error at once.
  package var maySplit = true
  /// Hears, in one line, that parts become smaller.
  package var onSplit: (String) -> Void = { _ in }
  private let work: String
  private let device: Device
  private let consequence: String

  /// Parts of `work`, such as "a training step"; `consequence` is what smaller parts change.
  package init(of work: String, on device: Device, consequence: String = "") {
    self.work = work
    self.device = device
    self.consequence = consequence
  }

  /// The places of `imageCount` images part by part, nearly equal in size.
  package func ranges(_ imageCount: Int) -> [Range<Int>] { Self.ranges(imageCount, largestPart: largestPart) }

  /// The same for parts of `largestPart` images at most.
  static func ranges(_ imageCount: Int, largestPart: Int?) -> [Range<Int>] {
    let count = largestPart.map { (imageCount + $0 - 1) / $0 } ?? 1
    return (0..<max(count, 1)).map { imageCount * $0 / count..<imageCount * ($0 + 1) / count }
  }

  /// Cuts batches of `imageCount` images from the start, because memory for larger parts than `part` images is not there. Without effect if
  /// batches may not be cut.
  func begin(with part: Int, of imageCount: Int) {
    guard maySplit else { return }
    largestPart = part
    onSplit("memory does not suffice for \(work) of \(imageCount) images: it is done in parts of \(part)\(consequence)")
  }

  /// Calls `body` with the parts of `imageCount` images; where memory runs out, again with parts of half the size. `body` leaves
  /// nothing behind where it throws.
  ///
  /// Throws `TrainingError.outOfMemory` where one image is too much, and everything else that `body` throws.
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
