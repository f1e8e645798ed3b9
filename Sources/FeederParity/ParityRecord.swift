import FeederTorch

/// Comparisons with a reference on one device, kept with their distances.
package final class ParityRecord {
  /// One comparison. It holds where the distance is at most the bound.
  package struct Comparison: Sendable {
    /// What was compared, by the names of the reference file.
    package let subject: String
    /// Distance from the reference; 0 or infinite for choices.
    package let distance: Double
    /// The most that is allowed on this device.
    package let bound: Double

    /// False for a distance that is not a number, too.
    package var holds: Bool { distance <= bound }
  }

  /// Where the computation runs.
  package let device: Device
  /// All that was compared, in order.
  package private(set) var comparisons: [Comparison] = []

  /// A device other than the CPU adds in another order, and float32 sums differ by it.
  package static let slackElsewhere = 4.0

  /// An empty record of computations on `device`.
  package init(device: Device) { self.device = device }

  /// What bounds are multiplied by here.
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

  /// Compares by the norm of the difference over the norm of the reference.
  func relative(_ subject: String, _ ours: [Double], _ reference: [Double], within bound: Double) {
    note(subject, distance: Self.relative(ours, reference), bound: bound)
  }

  /// Compares what must be the same.
  func equal<Value: Equatable>(_ subject: String, _ ours: Value, _ reference: Value) {
    note(subject, distance: ours == reference ? 0 : .infinity, bound: 0)
  }

  private static func largest(_ left: [Double], _ right: [Double]) -> Double {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).reduce(0) { most, pair in
      let difference = pair.0 == pair.1 ? 0 : abs(pair.0 - pair.1)
      return most.isNaN || difference <= most ? most : difference  // what is not a number stays
    }
  }

  private static func relative(_ left: [Double], _ reference: [Double]) -> Double {
    guard left.count == reference.count else { return .infinity }
    let difference = zip(left, reference).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
    let norm = reference.map { $0 * $0 }.reduce(0, +).squareRoot()
    return norm == 0 ? difference : difference / norm
  }
}
