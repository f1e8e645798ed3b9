import FeederLoader
import FeederTuning

/// What limits a run: its stages measured one by one, and the smallest of them named.
package struct Diagnosis: Sendable, Equatable {
  /// Images a second that a stage could do if it were alone; nil where it has no limit, as reading from memory.
  package struct Ceilings: Sendable, Equatable {
    package var read: Double?
    package var decode: Double?
    package var augment: Double?
    package var copy: Double?
    package var device: Double?
  }

  /// Everything that was measured.
  package struct Measurements: Sendable, Equatable {
    /// What an image takes with the workers below.
    package var costs: StageCosts
    /// Threads of the loader.
    package var workers: Int
    /// Images a second of the loader with a consumer that never waits.
    package var loaderImagesPerSecond: Double
    /// Images a second of the device with its data ready.
    package var deviceImagesPerSecond: Double
    /// Images a second of the way to the device; nil where it was not measured.
    package var copyImagesPerSecond: Double?
    /// Bytes a second of the storage.
    package var storageBytesPerSecond: Double

    /// Measurements by their fields.
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

  /// What it rests on.
  package let measurements: Measurements
  /// What each stage could do.
  package let ceilings: Ceilings
  /// The stage that sets the pace.
  package let verdict: LimitingStage

  /// Judges what was measured.
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

  /// Images a second of the run as it is, all stages beside each other.
  package var imagesPerSecond: Double { reached(measurements.loaderImagesPerSecond) }

  /// The same with a loader of `rate` images a second.
  package func reached(_ rate: Double) -> Double {
    min(rate, measurements.copyImagesPerSecond ?? .infinity, measurements.deviceImagesPerSecond)
  }

  /// Share of its time that the device waits.
  package var stallShare: Double { max(0, 1 - imagesPerSecond / measurements.deviceImagesPerSecond) }

  /// One line for a person.
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
