import FeederDetection
import FeederTorch

/// The losses of a validation pass: of each batch what training's loss is, and of the pass their mean over the batches.
///
/// A batch may be cut into parts, and each of several ranks has a share of it. Sums are kept therefore, and divided when the pass is
/// over: the means do not depend on how a batch was cut.
package final class ValidationLoss {
  /// Box, class and distribution loss before they are divided, and the sum of class targets that divides them.
  typealias Sums = [Double]

  /// Bytes that the loss of a part takes at most, unless one image takes more.
  static let partByteCount = 128 << 20

  private let loss = DetectionLoss()
  private var batches: [Sums] = []

  /// The losses of passes that are still to come.
  package init() {}

  /// Begins a pass of `batchCount` batches.
  func begin(batchCount: Int) { batches = Array(repeating: [0, 0, 0, 0], count: batchCount) }

  /// Counts the sums of batch `index`, or of a part of it.
  func add(_ sums: Sums, ofBatch index: Int) { batches[index] = zip(batches[index], sums).map(+) }

  /// Sums of the images behind `output`, whose boxes are `targets`. Waits for the device.
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

  /// Mean box, class and distribution loss of a batch, over the batches of all `ranks`; 0 if there was none.
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

  /// Images with `boxCounts` boxes in parts, each as large as `partByteCount` lets it be.
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

  /// Bytes that the loss takes at most in a pass over batches of `batch` images, of which none has more than `boxes` boxes.
  static func largestByteCount(_ memory: LossMemory, batch: Int, boxes: Int) -> Int {
    min(memory.byteCount(images: batch, boxes: boxes), max(partByteCount, memory.byteCount(images: 1, boxes: boxes)))
  }
}
