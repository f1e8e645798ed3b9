import FeederCore
import Foundation

/// What every image costs and how long every step takes, before conditions scale it: a function of scenario and seed alone.
///
/// Each policy and each setting of the sweep meets the same trace.
struct CostTrace: Sendable {
  /// Factor on the cost of each image, mean 1.
  let imageFactors: [Double]
  /// Factor on the seconds of each step, mean 1.
  let stepFactors: [Double]

  /// Draws the trace of `scenario` with enough batches beyond its steps for the deepest buffer.
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

  /// A gamma-distributed factor of mean 1: what service times look like, from nearly constant to exponential and beyond.
  /// The method is that of Marsaglia and Tsang ("A simple method for generating gamma variables", 2000).
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
