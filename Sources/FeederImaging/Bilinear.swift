/// Weights are in 1/2048, the resolution of OpenCV's 8-bit bilinear resize.
private let weightScale = 2048

/// The two neighbours of a position on one axis and their weights, which sum to 2048.
///
/// Beyond the edge both neighbours are the edge pixel; the weights stay as they are.
struct BilinearTap {
  let first: Int
  let second: Int
  let weight0: Int16
  let weight1: Int16

  /// `position` in pixels, 0 at the centre of the first of `count`; the weight is rounded half to even.
  init(position: Double, count: Int) {
    let near = min(max(position, -1), Double(count))
    let floor = near.rounded(.down)
    let weight = Int(((near - floor) * Double(weightScale)).rounded(.toNearestOrEven))
    let index = Int(floor)
    first = min(max(index, 0), count - 1)
    second = min(max(index + 1, 0), count - 1)
    weight0 = Int16(weightScale - weight)
    weight1 = Int16(weight)
  }
}

/// For each target column the offset of its left neighbour in a source row and two weights; memory of a `PixelScratch`.
struct ColumnTable {
  let offsets: UnsafeMutablePointer<Int32>
  let weights: UnsafeMutablePointer<Int16>

  /// Fills entry i for the source column at `position(i)`; offsets count in `stride`s from column `origin` on.
  ///
  /// The right neighbour is always the next pixel, so at an edge the pair lies inside and one weight takes all. In a
  /// source of one column there is no next pixel: use a neighbour distance of 0.
  func fill(count: Int, sourceCount: Int, stride: Int, origin: Int = 0, position: (Int) -> Double) {
    for index in 0..<count {
      let tap = BilinearTap(position: position(index), count: sourceCount)
      let isEdge = tap.first == tap.second
      let left = isEdge && tap.first > 0 ? tap.first - 1 : tap.first
      offsets[index] = Int32((left - origin) * stride)
      weights[2 * index] = isEdge ? (left < tap.first ? 0 : Int16(weightScale)) : tap.weight0
      weights[2 * index + 1] = isEdge ? (left < tap.first ? Int16(weightScale) : 0) : tap.weight1
    }
  }

  /// The source columns that a position needs, edges included; matches `fill`.
  static func span(_ position: Double, sourceCount: Int) -> ClosedRange<Int> {
    let tap = BilinearTap(position: position, count: sourceCount)
    let left = tap.first == tap.second ? max(tap.first - 1, 0) : tap.first
    return left...min(left + 1, sourceCount - 1)
  }
}
