import FeederDetection
import FeederTorch

/// The losses of a validation pass: the mean over its batches of the training loss.
///
/// Batches may be cut into parts, and each rank has a share of each batch. So sums are kept and divided after the pass:
/// the means do not depend on the cuts.
package final class ValidationLoss {
  /// Box, class and distribution loss before the division, and the sum of class targets, their divisor.
  typealias Sums = [Double]

  /// The most bytes that the loss of a part may take, unless one image needs more.
  static let partByteCount = 128 << 20

  private let loss = DetectionLoss()
  private var batches: [Sums] = []

  /// No losses yet.
  package init() {}

  /// Starts a pass of `batchCount` batches.
  func begin(batchCount: Int) { batches = Array(repeating: [0, 0, 0, 0], count: batchCount) }

  /// Adds the sums of batch `index`, or of a part of it.
  func add(_ sums: Sums, ofBatch index: Int) { batches[index] = zip(batches[index], sums).map(+) }

  /// The sums for the images behind `output`, whose boxes are `targets`; `height` and `width` are the input's pixels.
  /// Waits for the device. Throws `EngineError`.
  func sums(
    _ output: HeadOutput, anchors: Anchors, targets: [TargetBox], height: Int, width: Int
  ) throws -> Sums {
    var boxCounts = [Int](repeating: 0, count: output.boxLogits.extent(0))
    for target in targets { boxCounts[target.imageIndex] += 1 }
    let ranges = Self.parts(boxCounts, output.lossMemory)
    let boxLogits = try output.boxLogits.split(ranges.map(\.count), along: 0)
    let classLogits = try output.classLogits.split(ranges.map(\.count), along: 0)
    var sums: Sums = [0, 0, 0, 0]
    for (range, logits) in zip(ranges, zip(boxLogits, classLogits)) {
      var targetSum: Tensor?
      let value = try loss(
        HeadOutput(boxLogits: logits.0, classLogits: logits.1), anchors: anchors,
        targets: targets.filter { range.contains($0.imageIndex) }.map {
          $0.moved(to: $0.imageIndex - range.lowerBound)
        },
        height: height, width: width
      ) { sum in
        targetSum = sum
        return try sum.zerosLike() + 1
      }
      let divisor = try targetSum.map { Double(try $0.item()) } ?? 0
      let numbers = try value.items.array().map { Double($0) } + [divisor]
      sums = zip(sums, numbers).map(+)
    }
    return sums
  }

  /// Mean box, class and distribution loss over the batches of all `ranks`; 0 without batches. Throws
  /// `TrainingError.rankLost`.
  package func means(over ranks: Ranks?) throws -> [Double] {
    var numbers = batches.flatMap { $0 }
    if let ranks { numbers = try ranks.sum(numbers) }
    var means = [0.0, 0, 0]
    for batch in 0..<batches.count {
      let divisor = max(numbers[4 * batch + 3], 1)
      for item in 0..<3 { means[item] += numbers[4 * batch + item] / divisor / Double(batches.count) }
    }
    return means
  }

  /// Divides images with `boxCounts` boxes into parts, each as large as `partByteCount` allows.
  static func parts(_ boxCounts: [Int], _ memory: LossMemory) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var (start, most) = (0, 0)
    for (image, boxes) in boxCounts.enumerated() {
      most = max(most, boxes)
      let byteCount = memory.byteCount(images: image - start + 1, boxes: most)
      guard byteCount > partByteCount, image > start else { continue }
      parts.append(start..<image)
      (start, most) = (image, boxes)
    }
    if start < boxCounts.count { parts.append(start..<boxCounts.count) }
    return parts
  }

  /// The most bytes that the loss takes in a pass over batches of `batch` images with at most `boxes` boxes each.
  static func largestByteCount(_ memory: LossMemory, batch: Int, boxes: Int) -> Int {
    min(memory.byteCount(images: batch, boxes: boxes), max(partByteCount, memory.byteCount(images: 1, boxes: boxes)))
  }
}
