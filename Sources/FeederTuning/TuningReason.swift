/// Why a setting changed or stayed; its description is what the log says.
package enum TuningReason: Sendable, Equatable, CustomStringConvertible {
  /// Nothing would pay.
  case steady
  /// More workers or depth: `stallShare` is what would be waited without it, `better` what with it.
  case shortage(stallShare: Double, better: Double)
  /// Less memory or fewer workers at no cost.
  case surplus(freedByteCount: Int)
  /// The loader cannot keep up whatever the depth: memory goes back.
  case saturated(LimitingStage)
  /// A change brought less than it must; it is barred for a while.
  case undone(gain: Double)

  /// One clause in words.
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

/// What the tuner answers to a window.
package struct TuningDecision: Sendable, Equatable {
  /// The setting from now on.
  package let setting: TuningSetting
  /// True where it differs from the one before.
  package let isChange: Bool
  /// Why.
  package let reason: TuningReason
  /// What sets the pace.
  package let verdict: TuningVerdict
  /// Share of time that the consumer is predicted to wait with this setting.
  package let predictedStallShare: Double
}
