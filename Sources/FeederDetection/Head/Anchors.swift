import FeederTorch

/// The grid of anchor points: the levels' one after another, each row by row; a point is its cell's centre.
package struct Anchors {
  /// Pixels between two points of each level, the finest first.
  package let levelStrides: [Int]
  /// Points [A, 2] in grid units of their level: x, y.
  package let points: Tensor
  /// Stride [A, 1] of each point's level.
  package let strides: Tensor

  /// The points of an image of `height` by `width` pixels whose levels have strides `levelStrides`, on `device`.
  package init(_ levelStrides: [Int], height: Int, width: Int, device: Device = .cpu) throws {
    self.levelStrides = levelStrides
    var points: [Float] = []
    var strides: [Float] = []
    for stride in levelStrides {
      for row in 0..<height / stride {
        for column in 0..<width / stride {
          points.append(Float(column) + 0.5)
          points.append(Float(row) + 0.5)
          strides.append(Float(stride))
        }
      }
    }
    self.points = try Tensor(points, shape: [strides.count, 2]).to(device)
    self.strides = try Tensor(strides, shape: [strides.count, 1]).to(device)
  }
}
