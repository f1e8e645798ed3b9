/// A projective map of the plane: (x, y) goes to (X / W, Y / W), each of X, Y, W a row times (x, y, 1).
package struct Homography: Sendable, Equatable {
  /// The row of X.
  package var x: SIMD3<Double>
  /// The row of Y.
  package var y: SIMD3<Double>
  /// The row of W; (0, 0, 1) for an affine map.
  package var w: SIMD3<Double>

  /// A map by its rows; an affine one unless `w` is given.
  package init(x: SIMD3<Double>, y: SIMD3<Double>, w: SIMD3<Double> = SIMD3(0, 0, 1)) {
    self.x = x
    self.y = y
    self.w = w
  }

  /// Every point to itself.
  package static let identity = Homography(x: SIMD3(1, 0, 0), y: SIMD3(0, 1, 0))

  /// (x, y) to (scaleX x + shiftX, scaleY y + shiftY).
  package static func axes(scaleX: Double = 1, scaleY: Double = 1, shiftX: Double = 0, shiftY: Double = 0) -> Self {
    Homography(x: SIMD3(scaleX, 0, shiftX), y: SIMD3(0, scaleY, shiftY))
  }

  /// First `right`, then `left`.
  package static func * (left: Self, right: Self) -> Self {
    func row(_ row: SIMD3<Double>) -> SIMD3<Double> { row.x * right.x + row.y * right.y + row.z * right.w }
    return Homography(x: row(left.x), y: row(left.y), w: row(left.w))
  }

  /// Where (x, y) goes, with its W; a point with W not above 0 is beyond the horizon.
  package func callAsFunction(_ x: Double, _ y: Double) -> (x: Double, y: Double, w: Double) {
    let point = SIMD3(x, y, 1)
    let depth = (w * point).sum()
    return ((self.x * point).sum() / depth, (self.y * point).sum() / depth, depth)
  }

  /// The way back; nil where the map folds the plane into a line.
  package var inverse: Homography? {
    func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
      SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    }
    let columns = (cross(y, w), cross(w, x), cross(x, y))
    let determinant = (x * columns.0).sum()
    guard determinant.isNormal else { return nil }
    let (a, b, c) = (columns.0 / determinant, columns.1 / determinant, columns.2 / determinant)
    return Homography(x: SIMD3(a.x, b.x, c.x), y: SIMD3(a.y, b.y, c.y), w: SIMD3(a.z, b.z, c.z))
  }
}
