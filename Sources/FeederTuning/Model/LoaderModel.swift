/// Predicts the speed of a loader from measured costs, for settings that were not tried.
///
/// Each worker reads, decodes and augments its images alone, so one number gives the workers of all stages, and the
/// seconds of all stages add up. The workers share cores and storage.
struct LoaderModel: Sendable {
  /// Least slack of the loader for the depth formula. Below it the formula grows without limit, while its input is
  /// hardly more than measurement error.
  private static let leastSlack = 0.08

  /// Batch size in images.
  var batch: Int
  /// Seconds of the device for a step whose data is ready.
  var holdSeconds: Double
  /// Seconds that a batch's images wait for their bytes, summed over workers.
  var readSeconds: Double
  /// CPU seconds per batch.
  var cpuSeconds: Double
  /// Variance of the workers' seconds per batch.
  var productionVariance = 0.0
  /// Variance of the step time.
  var holdVariance = 0.0
  /// Steps from which the numbers above were learned.
  var stepCount = 0
  /// The most cores that workers get; nil unless fewer than the machine's were observed.
  var availableCores: Double?
  /// Images per second that more workers did not exceed, because of storage or memory; nil if unknown.
  var ceiling: Double?

  /// The factor by which a worker's CPU work takes longer if `workers` of them share too few cores.
  func stretch(workers: Int) -> Double {
    guard let availableCores, cpuSeconds > 0 else { return 1 }
    let running = Double(workers) * cpuSeconds / (readSeconds + cpuSeconds)
    return max(1, running / availableCores)
  }

  /// Seconds between two batches if no worker has to wait for a slot.
  func batchSeconds(workers: Int) -> Double {
    let busy = readSeconds + cpuSeconds * stretch(workers: workers)
    return max(busy / Double(workers), ceiling.map { Double(batch) / $0 } ?? 0)
  }

  /// Batch time over step time: below 1 the device sets the speed, above 1 the loader.
  func utilisation(workers: Int) -> Double {
    holdSeconds > 0 ? batchSeconds(workers: workers) / holdSeconds : 0
  }

  /// Squared variation of production and step together, in step times, with `workers`.
  private func squaredVariation(workers: Int) -> Double {
    guard holdSeconds > 0 else { return 0 }
    let gain = batchSeconds(workers: workers) / max(readSeconds + cpuSeconds, 1e-12)
    return (productionVariance * gain * gain + holdVariance) / (holdSeconds * holdSeconds)
  }

  /// Standard error of `utilisation`, from the spread of its steps.
  func utilisationError(workers: Int) -> Double {
    (squaredVariation(workers: workers) / Double(max(stepCount, 1))).squareRoot()
  }

  /// The depth at which the consumer stalls in one step of `tail`: 1 + c2 * ln(tail) / (2 * (1 - rho)), rounded up. The
  /// second term is the heavy-traffic approximation of a queue with a nearly constant service time (Kingman, 1962); the
  /// 1 is the batch in work. Nil if rho is 1 or more.
  ///
  /// `margin` standard errors are added to rho, so an early estimate takes rather too much memory.
  func heavyTrafficDepth(workers: Int, tail: Double, margin: Double) -> Int? {
    let utilisation = utilisation(workers: workers)
    guard holdSeconds > 0, stepCount > 1, utilisation < 1 else { return nil }
    let slack = max(1 - utilisation - margin * utilisationError(workers: workers), Self.leastSlack)
    let stock = squaredVariation(workers: workers) * logarithm(tail) / (2 * slack)
    return 1 + Int(min(stock, 1e6).rounded(.up))
  }
}
