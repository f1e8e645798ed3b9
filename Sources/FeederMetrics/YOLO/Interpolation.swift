/// A piecewise linear function through points of rising x, constant beyond its ends.
///
/// If several points share an x, the last of them counts, as in numpy's `interp`.
struct BrokenLine {
  /// Positions, rising.
  let x: [Double]
  /// Values at the positions.
  let y: [Double]
  /// The value before the first position; nil repeats the first value.
  var before: Double?

  /// The values at `points`, which must rise. Cost: one pass over both.
  func values(at points: [Double]) -> [Double] {
    precondition(x.count == y.count && !x.isEmpty, "a broken line needs as many values as positions, and at least one")
    var segment = -1  // the last position at or before the point
    return points.map { point in
      while segment + 1 < x.count, x[segment + 1] <= point { segment += 1 }
      if segment < 0 { return before ?? y[0] }
      if segment == x.count - 1 || x[segment] == point { return y[segment] }
      let slope = (y[segment + 1] - y[segment]) / (x[segment + 1] - x[segment])
      return slope * (point - x[segment]) + y[segment]
    }
  }
}

/// `count` positions from 0 to 1, both included, with the spacing of numpy's linspace.
func unitSpacing(_ count: Int) -> [Double] {
  let step = 1 / Double(count - 1)
  return (0..<count - 1).map { Double($0) * step } + [1]
}
