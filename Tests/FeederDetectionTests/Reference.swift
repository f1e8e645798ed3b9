import FeederTorch
import FixtureSupport
import Testing

extension Fixture {
  /// A reference tensor as an engine tensor, float32.
  func tensor(_ name: String) throws -> Tensor { try Tensor(floats(name), shape: shape(name)) }
}

/// Distances between what was computed and the reference.
enum Distance {
  /// The largest single difference.
  static func largest(_ left: [Double], _ right: [Double]) -> Double {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).map { $0 == $1 ? 0 : abs($0 - $1) }.max() ?? 0
  }

  /// The norm of the difference over the norm of the reference.
  static func relative(_ left: [Double], _ reference: [Double]) -> Double {
    guard left.count == reference.count else { return .infinity }
    let difference = zip(left, reference).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
    let norm = reference.map { $0 * $0 }.reduce(0, +).squareRoot()
    return norm == 0 ? difference : difference / norm
  }
}

extension Tensor {
  /// All elements as Double.
  func doubles() throws -> [Double] { try array(of: Double.self) }
  /// The gradient's elements; zeros where none flowed.
  func gradientDoubles() throws -> [Double] { try gradient()?.doubles() ?? [Double](repeating: 0, count: count) }
}
