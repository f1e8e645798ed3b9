import FeederCore
import Foundation

/// The cost of every image and the duration of every step, before the conditions scale them. Depends only on the
/// scenario and the seed.
///
/// All policies and all settings of the sweep get the same trace.
struct CostTrace: Sendable {
  /// Factor on the cost of each image, with mean 1.
  let imageFactors: [Double]
  /// Factor on the seconds of each step, with mean 1.
  let stepFactors: [Double]

  /// Draws the trace of `scenario`, with enough batches after its last step for the deepest buffer.
  init(_ scenario: Scenario, seed: UInt64) {
    let batchCount = scenario.stepCount + 66
    var random = CounterRandom(seed: seed, purpose: .simulation)
    var images: [Double] = []
    images.reserveCapacity(batchCount * scenario.batch)
    for _ in 0..<batchCount {
      let batch = Self.gamma(squaredVariation: scenario.batchVariation, &random)
      for _ in 0..<scenario.batch {
        images.append(batch * Self.gamma(squaredVariation: scenario.imageVariation, &random))
      }
    }
    imageFactors = images
    stepFactors = (0..<batchCount).map { _ in 1 + 0.02 * (random.uniform() - 0.5) }
  }

  /// A gamma-distributed factor with mean 1, which models service times from nearly constant to more variable than
  /// exponential. Method: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000.
  static func gamma(squaredVariation: Double, _ random: inout CounterRandom) -> Double {
    guard squaredVariation > 0 else { return 1 }
    let shape = 1 / squaredVariation
    let boosted = shape < 1 ? shape + 1 : shape
    let d = boosted - 1 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal(&random)
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      guard v > 0 else { continue }
      let u = max(random.uniform(), 0x1p-32)
      guard log(u) < 0.5 * x * x + d - d * v + d * log(v) else { continue }
      let boost = shape < 1 ? pow(max(random.uniform(), 0x1p-32), 1 / shape) : 1
      return d * v * boost / shape
    }
  }

  private static func normal(_ random: inout CounterRandom) -> Double {
    let radius = (-2 * log(max(random.uniform(), 0x1p-32))).squareRoot()
    return radius * cos(2 * .pi * random.uniform())
  }
}
