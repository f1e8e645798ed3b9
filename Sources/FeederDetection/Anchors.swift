import FeederTorch

/// The grid of anchor points: levels of stride 8, 16, 32, each row by row; a point is its cell's centre.
package struct Anchors {
  /// Pixels between two points of a level.
  package static let strides = [8, 16, 32]

  /// Points [A, 2] in grid units of their level: x, y.
  package let points: Tensor
  /// Stride [A, 1] of each point's level.
  package let strides: Tensor

  /// The points of an image of `height` by `width` pixels, on `device`.
  package init(height: Int, width: Int, device: Device = .cpu) throws {
    var points: [Float] = []
    var strides: [Float] = []
    for stride in Self.strides {
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
