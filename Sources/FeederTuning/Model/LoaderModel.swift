/// How fast a loader of fused workers would be: from costs that were measured to settings that were not tried.
///
/// Each worker reads, decodes and augments its image alone, so the workers of all stages are one number, and the seconds of
/// all stages add up. What they share is the cores and the storage.
struct LoaderModel: Sendable {
  /// Slack of the loader below which the formula for the depth is not believed: it grows without end there, while what it is
  /// computed from is hardly more than the error of its measurement.
  private static let leastSlack = 0.08

  /// Images a batch.
  var batch: Int
  /// Seconds the device needs for a step whose data is ready.
  var holdSeconds: Double
  /// Seconds a batch's images wait for their bytes, all workers together.
  var readSeconds: Double
  /// CPU seconds of a batch.
  var cpuSeconds: Double
  /// Variance of the seconds that workers spend on a batch.
  var productionVariance = 0.0
  /// Variance of the step time.
  var holdVariance = 0.0
  /// Steps that the numbers above were learned from.
  var stepCount = 0
  /// Cores that workers get at most, where fewer than the machine's were seen to be left.
  var availableCores: Double?
  /// Images a second that more workers did not raise: the storage's rate, or the memory's.
  var ceiling: Double?

  /// The factor by which a worker's CPU work stretches, where `workers` of them share too few cores.
  func stretch(workers: Int) -> Double {
    guard let availableCores, cpuSeconds > 0 else { return 1 }
    let running = Double(workers) * cpuSeconds / (readSeconds + cpuSeconds)
    return max(1, running / availableCores)
  }

  /// Seconds between two batches when nothing holds the workers back.
  func batchSeconds(workers: Int) -> Double {
    let busy = readSeconds + cpuSeconds * stretch(workers: workers)
    return max(busy / Double(workers), ceiling.map { Double(batch) / $0 } ?? 0)
  }

  /// Batch time over step time: under 1 the device sets the pace, over 1 the loader.
  func utilisation(workers: Int) -> Double {
    holdSeconds > 0 ? batchSeconds(workers: workers) / holdSeconds : 0
  }

  /// Squared variation of production and of the step together, in step times, with `workers`.
  private func squaredVariation(workers: Int) -> Double {
    guard holdSeconds > 0 else { return 0 }
    let gain = batchSeconds(workers: workers) / max(readSeconds + cpuSeconds, 1e-12)
    return (productionVariance * gain * gain + holdVariance) / (holdSeconds * holdSeconds)
  }

  /// Standard error of `utilisation`, from the spread of the steps it was learned from.
  func utilisationError(workers: Int) -> Double {
    (squaredVariation(workers: workers) / Double(max(stepCount, 1))).squareRoot()
  }

  /// Depth that leaves a consumer waiting in one step of `tail`: 1 + c2 * ln(tail) / (2 * (1 - rho)), rounded up; the stock is
  /// the heavy-traffic approximation for a queue that a nearly constant step empties (Kingman, 1962), and the one beside it
  /// is the batch in work. Nil where rho is 1 or more.
  ///
  /// `margin` standard errors of rho are added to it, so that a young estimate errs towards more memory.
  func heavyTrafficDepth(workers: Int, tail: Double, margin: Double) -> Int? {
    let utilisation = utilisation(workers: workers)
    guard holdSeconds > 0, stepCount > 1, utilisation < 1 else { return nil }
    let slack = max(1 - utilisation - margin * utilisationError(workers: workers), Self.leastSlack)
    let stock = squaredVariation(workers: workers) * logarithm(tail) / (2 * slack)
    return 1 + Int(min(stock, 1e6).rounded(.up))
  }
}
