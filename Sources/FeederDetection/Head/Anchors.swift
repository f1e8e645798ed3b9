import FeederTorch

/// The grid of anchor points: level after level, each row by row. A point is the centre of its cell.
package struct Anchors {
  /// The strides of the levels in pixels, the finest first.
  package let levelStrides: [Int]
  /// Points [A, 2] as x, y in grid units of their level.
  package let points: Tensor
  /// The stride [A, 1] of each point's level, in pixels.
  package let strides: Tensor

  /// The points for an image of `height` by `width` pixels, on `device`. Throws `EngineError` if memory is missing.
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
