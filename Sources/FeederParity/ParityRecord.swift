import FeederTorch

/// The comparisons with a reference on one device, with their distances.
package final class ParityRecord {
  /// One comparison. It holds if the distance is at most the bound.
  package struct Comparison: Sendable {
    /// The compared value, by its name in the reference file.
    package let subject: String
    /// Distance from the reference; 0 or infinite for values that must be equal.
    package let distance: Double
    /// The largest permitted distance on this device.
    package let bound: Double

    /// True if the distance is within the bound; false if it is NaN.
    package var holds: Bool { distance <= bound }
  }

  /// The device of the computation.
  package let device: Device
  /// All comparisons, in order.
  package private(set) var comparisons: [Comparison] = []

  /// Factor on bounds for other devices than the CPU, which add float32 numbers in another order.
  package static let slackElsewhere = 4.0

  /// An empty record of computations on `device`.
  package init(device: Device) { self.device = device }

  /// The factor on bounds for this device.
  package var slack: Double { device == .cpu ? 1 : Self.slackElsewhere }

  /// Comparisons that do not hold.
  package var failures: [Comparison] { comparisons.filter { !$0.holds } }

  /// Notes a distance.
  func note(_ subject: String, distance: Double, bound: Double) {
    comparisons.append(Comparison(subject: subject, distance: distance, bound: bound * slack))
  }

  /// Compares by the largest single difference.
  func largest(_ subject: String, _ ours: [Double], _ reference: [Double], within bound: Double) {
    note(subject, distance: Self.largest(ours, reference), bound: bound)
  }

  /// Compares by the norm of the difference divided by the norm of the reference.
  func relative(_ subject: String, _ ours: [Double], _ reference: [Double], within bound: Double) {
    note(subject, distance: Self.relative(ours, reference), bound: bound)
  }

  /// Compares values that must be equal.
  func equal<Value: Equatable>(_ subject: String, _ ours: Value, _ reference: Value) {
    note(subject, distance: ours == reference ? 0 : .infinity, bound: 0)
  }

  private static func largest(_ left: [Double], _ right: [Double]) -> Double {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).reduce(0) { most, pair in
      let difference = pair.0 == pair.1 ? 0 : abs(pair.0 - pair.1)
      return most.isNaN || difference <= most ? most : difference  // NaN stays
    }
  }

  private static func relative(_ left: [Double], _ reference: [Double]) -> Double {
    guard left.count == reference.count else { return .infinity }
    let difference = zip(left, reference).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
    let norm = reference.map { $0 * $0 }.reduce(0, +).squareRoot()
    return norm == 0 ? difference : difference / norm
  }
}
