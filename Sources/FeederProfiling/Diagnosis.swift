import FeederLoader
import FeederTuning

/// Finds the stage that limits a run: compares measurements of each stage and names the slowest.
package struct Diagnosis: Sendable, Equatable {
  /// Images per second that each stage could reach alone; nil for a stage without a limit, such as reading from memory.
  package struct Ceilings: Sendable, Equatable {
    /// Reading from storage.
    package var read: Double?
    /// Decoding by all workers.
    package var decode: Double?
    /// Augmentation by all workers.
    package var augment: Double?
    /// Copying to the device.
    package var copy: Double?
    /// The step on the device.
    package var device: Double?
  }

  /// The measurements that a diagnosis is based on.
  package struct Measurements: Sendable, Equatable {
    /// Costs per image with `workers` workers.
    package var costs: StageCosts
    /// Threads of the loader.
    package var workers: Int
    /// Images per second of the loader if its consumer never waits.
    package var loaderImagesPerSecond: Double
    /// Images per second of the device if its data is ready.
    package var deviceImagesPerSecond: Double
    /// Images per second of the copy to the device; nil if it was not measured.
    package var copyImagesPerSecond: Double?
    /// Bytes per second of the storage.
    package var storageBytesPerSecond: Double

    /// Measurements with these values.
    package init(
      costs: StageCosts, workers: Int, loaderImagesPerSecond: Double, deviceImagesPerSecond: Double,
      copyImagesPerSecond: Double?, storageBytesPerSecond: Double
    ) {
      self.costs = costs
      self.workers = workers
      self.loaderImagesPerSecond = loaderImagesPerSecond
      self.deviceImagesPerSecond = deviceImagesPerSecond
      self.copyImagesPerSecond = copyImagesPerSecond
      self.storageBytesPerSecond = storageBytesPerSecond
    }
  }

  /// The measurements.
  package let measurements: Measurements
  /// The limit of each stage.
  package let ceilings: Ceilings
  /// The stage that limits the run.
  package let verdict: LimitingStage

  /// Finds the limiting stage.
  package init(_ measurements: Measurements) {
    self.measurements = measurements
    let costs = measurements.costs
    let workers = Double(measurements.workers)
    func rate(_ seconds: Double) -> Double? { seconds > 0 ? workers / seconds : nil }
    ceilings = Ceilings(
      read: costs.missedByteCount > 0 ? measurements.storageBytesPerSecond / costs.missedByteCount : nil,
      decode: rate(costs.decodeSeconds), augment: rate(costs.augmentSeconds), copy: measurements.copyImagesPerSecond,
      device: measurements.deviceImagesPerSecond)
    let loader = measurements.loaderImagesPerSecond
    let device = measurements.deviceImagesPerSecond
    let copy = measurements.copyImagesPerSecond ?? .infinity
    if copy < min(loader, device) * TuningVerdict.near {
      verdict = .copy
    } else if device < loader * TuningVerdict.near {
      verdict = .device
    } else if device <= loader * TuningVerdict.bound {
      verdict = .balanced
    } else if (ceilings.read ?? .infinity) < workers / max(costs.workSeconds, 1e-12) {
      verdict = .read
    } else {
      verdict = costs.decodeSeconds >= costs.augmentSeconds ? .decode : .augment
    }
  }

  /// Images per second of the run with all stages together.
  package var imagesPerSecond: Double { reached(measurements.loaderImagesPerSecond) }

  /// The same with a loader of `rate` images per second.
  package func reached(_ rate: Double) -> Double {
    min(rate, measurements.copyImagesPerSecond ?? .infinity, measurements.deviceImagesPerSecond)
  }

  /// Share of its time that the device waits, 0 to 1.
  package var stallShare: Double { max(0, 1 - imagesPerSecond / measurements.deviceImagesPerSecond) }

  /// The verdict in one line, for people.
  package var line: String {
    let (loader, device) = (measurements.loaderImagesPerSecond, measurements.deviceImagesPerSecond)
    switch verdict {
    case .device, .balanced:
      return TuningVerdict(stage: verdict, loaderCeiling: loader, deviceCeiling: device).description
    case .read, .decode, .augment, .copy:
      let share = (stallShare * 1000).rounded() / 10
      let (now, most) = (Int(imagesPerSecond.rounded()), Int(device.rounded()))
      return "\(verdict.rawValue) limits: \(now) images/s reach a device that takes \(most), which waits "
        + "\(share) % of its time"
    }
  }
}
