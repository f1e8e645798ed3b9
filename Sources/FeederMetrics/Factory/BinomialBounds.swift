import Foundation

/// A counted share with its confidence bounds. Whatever the true share is, 95 % of such intervals contain it (Clopper
/// and Pearson, 1934).
package struct BinomialBounds: Sendable, Equatable {
  /// Number of events.
  package let count: Int
  /// Number of trials.
  package let total: Int
  /// Lower bound of the true share, 0 to 1.
  package let lower: Double
  /// Upper bound of the true share, 0 to 1.
  package let upper: Double

  /// `count` of `total`, with 0 <= count <= total. Without trials the bounds are 0 and 1.
  package init(_ count: Int, of total: Int, confidence: Double = 0.95) {
    precondition(count >= 0 && count <= total, "a count lies between 0 and its total")
    self.count = count
    self.total = total
    let tail = (1 - confidence) / 2
    let (k, n) = (Double(count), Double(total))
    lower = count == 0 ? 0 : Self.quantile(tail, k, n - k + 1)
    upper = count == total ? 1 : Self.quantile(1 - tail, k + 1, n - k)
  }

  /// The counted share; 0 without trials.
  package var share: Double { total > 0 ? Double(count) / Double(total) : 0 }

  /// The quantile of the beta distribution at `probability`, by bisection.
  private static func quantile(_ probability: Double, _ a: Double, _ b: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if regularizedBeta(middle, a, b) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The regularized incomplete beta function, by its continued fraction (Abramowitz and Stegun, 26.5.8) with Lentz's
  /// method.
  static func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    // The fraction converges fast below this point; above it the symmetry is used.
    if x > (a + 1) / (a + b + 2) { return 1 - regularizedBeta(1 - x, b, a) }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    let tiny = 1e-300
    func held(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var (value, c) = (1.0, 1.0)
    var d = 1 / held(1 - (a + b) * x / (a + 1))
    value = d
    for m in 1..<10_000 {
      let i = Double(m)
      for term in [
        i * (b - i) * x / ((a + 2 * i - 1) * (a + 2 * i)),
        -(a + i) * (a + b + i) * x / ((a + 2 * i) * (a + 2 * i + 1)),
      ] {
        d = 1 / held(1 + term * d)
        c = held(1 + term / c)
        value *= c * d
      }
      if abs(c * d - 1) < 1e-14 { break }
    }
    return front * value
  }
}
