/// The reason why a setting changed or stayed. The log prints its description.
package enum TuningReason: Sendable, Equatable, CustomStringConvertible {
  /// No change would pay.
  case steady
  /// More workers or depth. `stallShare` is the predicted stall without the change, `better` with it.
  case shortage(stallShare: Double, better: Double)
  /// Less memory or fewer workers at no cost.
  case surplus(freedByteCount: Int)
  /// The loader is too slow at any depth, so memory is given back.
  case saturated(LimitingStage)
  /// The last change gained too little. It is undone and barred for some time.
  case undone(gain: Double)

  /// The reason as one clause.
  package var description: String {
    func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
    switch self {
    case .steady: return "steady"
    case .shortage(let stall, let better):
      return "the consumer would wait \(percent(stall)) of its time, then \(percent(better))"
    case .surplus(let bytes) where bytes > 0: return "\(bytes) bytes less do as well"
    case .surplus: return "fewer workers do as well"
    case .saturated(let stage): return "\(stage.rawValue) limits, so that depth buys nothing"
    case .undone(let gain): return "the last change brought \(percent(gain)); undone"
    }
  }
}

/// The tuner's decision after a window.
package struct TuningDecision: Sendable, Equatable {
  /// The setting from now on.
  package let setting: TuningSetting
  /// True if the setting differs from the one before.
  package let isChange: Bool
  /// The reason.
  package let reason: TuningReason
  /// The limiting stage.
  package let verdict: TuningVerdict
  /// The predicted share of time that the consumer stalls with this setting.
  package let predictedStallShare: Double
}
