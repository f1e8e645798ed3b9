/// What sets the pace of a run.
package enum LimitingStage: String, Sendable, Codable, CaseIterable {
  /// The storage: bytes come too slowly.
  case read
  /// The cores, mostly with decoding.
  case decode
  /// The cores, mostly with augmenting and hashing.
  case augment
  /// The way from host memory to the device.
  case copy
  /// The device: the loader waits for it.
  case device
  /// Loader and device are within a fifth of each other: either may wait now and then.
  case balanced
}

/// Which stage limits, and what no setting can help.
package struct TuningVerdict: Sendable, Equatable, CustomStringConvertible {
  /// The stage that sets the pace.
  package let stage: LimitingStage
  /// Images a second that the loader could deliver with the best setting.
  package let loaderCeiling: Double
  /// Images a second that the device could take.
  package let deviceCeiling: Double

  /// Loader time over device time from which the loader limits: beyond measuring error.
  package static let bound = 1.03
  /// Loader time over device time from which both are called balanced.
  package static let near = 0.8

  /// A verdict by its fields.
  package init(stage: LimitingStage, loaderCeiling: Double, deviceCeiling: Double) {
    self.stage = stage
    self.loaderCeiling = loaderCeiling
    self.deviceCeiling = deviceCeiling
  }

  /// The best loader's batch time over the device's step time.
  package var utilisation: Double { loaderCeiling > 0 ? deviceCeiling / loaderCeiling : 0 }

  /// Share of time the device must wait whatever the setting: 1 - T * L / B; 0 where the loader can keep up.
  package var unavoidableStallShare: Double { utilisation > 1 ? 1 - 1 / utilisation : 0 }

  /// One line for a person.
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
  /// Judges the model of the best setting; `decodeShare` is decoding's part of the CPU seconds.
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
