/// The stage that limits the speed of a run.
package enum LimitingStage: String, Sendable, Codable, CaseIterable {
  /// The storage, which delivers bytes too slowly.
  case read
  /// The cores, mostly by decoding.
  case decode
  /// The cores, mostly by augmentation and hashes.
  case augment
  /// The copy from host memory to the device.
  case copy
  /// The device; the loader waits for it.
  case device
  /// Loader and device differ by at most a fifth, so either may wait at times.
  case balanced
}

/// The stage that limits, and the stall that no setting can avoid.
package struct TuningVerdict: Sendable, Equatable, CustomStringConvertible {
  /// The stage that limits the speed.
  package let stage: LimitingStage
  /// Images per second that the loader could deliver with the best setting.
  package let loaderCeiling: Double
  /// Images per second that the device could process.
  package let deviceCeiling: Double

  /// Loader time over device time from which the loader limits; above measurement error.
  package static let bound = 1.03
  /// Loader time over device time from which the two are balanced.
  package static let near = 0.8

  /// A verdict from its values.
  package init(stage: LimitingStage, loaderCeiling: Double, deviceCeiling: Double) {
    self.stage = stage
    self.loaderCeiling = loaderCeiling
    self.deviceCeiling = deviceCeiling
  }

  /// The batch time of the best loader setting over the device's step time.
  package var utilisation: Double { loaderCeiling > 0 ? deviceCeiling / loaderCeiling : 0 }

  /// The share of time that the device must wait under any setting: 1 - 1 / `utilisation`; 0 if the loader is fast
  /// enough.
  package var unavoidableStallShare: Double { utilisation > 1 ? 1 - 1 / utilisation : 0 }

  /// The verdict in one line.
  package var description: String {
    let (loader, device) = (Int(loaderCeiling.rounded()), Int(deviceCeiling.rounded()))
    switch stage {
    case .device: return "device limits: it takes \(device) images/s of the \(loader) that the loader could give"
    case .balanced: return "balanced: the loader can give \(loader) images/s, the device takes \(device)"
    case .read, .decode, .augment, .copy:
      let share = (unavoidableStallShare * 1000).rounded() / 10
      return "\(stage.rawValue) limits: at most \(loader) images/s for a device that takes \(device); "
        + "no setting can bring its waiting below \(share) %"
    }
  }
}

extension TuningVerdict {
  /// Judges `model` with the best setting. `decodeShare` is the share of decoding in the CPU seconds.
  init(model: LoaderModel, workers: Int, decodeShare: Double, copySeconds: Double) {
    let seconds = max(model.batchSeconds(workers: workers), 1e-9)
    let (loader, device) = (Double(model.batch) / seconds, Double(model.batch) / max(model.holdSeconds, 1e-9))
    let utilisation = seconds / max(model.holdSeconds, 1e-9)
    let stage: LimitingStage
    if copySeconds > 0.9 * model.holdSeconds {
      stage = .copy
    } else if utilisation < Self.near {
      stage = .device
    } else if utilisation <= Self.bound {
      stage = .balanced
    } else if model.readSeconds > model.cpuSeconds {
      stage = .read
    } else {
      stage = decodeShare >= 0.5 ? .decode : .augment
    }
    self.init(stage: stage, loaderCeiling: loader, deviceCeiling: device)
  }
}
