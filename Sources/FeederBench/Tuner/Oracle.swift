import Dispatch
import FeederTuning
import Synchronization

/// The best fixed setting in each phase, found by trying all of them on the same trace.
///
/// A phase is tried alone: its conditions apply from 64 steps before it (from step 0 in the first), so that no setting
/// profits from a buffer filled in better times. Best is the setting with the fewest bytes, then the fewest workers,
/// among those within 0.1 percentage points of the least stall share.
struct Oracle: Sendable {
  /// The result for one phase.
  struct Best: Sendable {
    /// The setting.
    let setting: TuningSetting
    /// A run with the setting that covers the phase.
    let run: SimulatedRun
    /// The stall share of `run` in the judged steps.
    let stallShare: Double
  }

  /// Stall share that is not worth more bytes.
  static let tolerance = 0.001
  /// Steps before a phase during which its conditions already apply.
  private static let leadStepCount = 64

  /// The best of each phase.
  let phases: [Best]

  /// Sweeps the settings: all of them if `isExhaustive`, else only as many as needed if more depth never means more
  /// waiting. A test compares both ways.
  init(_ scenario: Scenario, trace: CostTrace, isExhaustive: Bool) {
    phases = scenario.phases.indices.map { index in
      Self.best(scenario, trace: trace, phase: index, isExhaustive: isExhaustive)
    }
  }

  private static func best(_ scenario: Scenario, trace: CostTrace, phase: Int, isExhaustive: Bool) -> Best {
    let steps = scenario.steps(ofPhase: phase)
    let judged = Judgement.judgedSteps(scenario, phase: phase)
    @Sendable func simulate(_ setting: TuningSetting) -> (run: SimulatedRun, share: Double) {
      var simulation = Simulation(
        scenario, trace: trace, policy: StaticPolicy(start: setting),
        steps: max(0, steps.lowerBound - leadStepCount)..<steps.upperBound,
        fixed: scenario.phases[phase].conditions)
      let run = simulation()
      return (run, run.stallShare(judged))
    }
    let limits = scenario.limits
    let shares = Mutex([TuningSetting: Double]())
    @Sendable func share(_ setting: TuningSetting) -> Double {
      if let known = shares.withLock({ $0[setting] }) { return known }
      let found = simulate(setting).share
      shares.withLock { $0[setting] = found }
      return found
    }
    let workers = Array(limits.workers).filter { limits.deepest(workers: $0) != nil }
    DispatchQueue.concurrentPerform(iterations: workers.count) { place in
      guard let deepest = limits.deepest(workers: workers[place]) else { return }
      for depth in isExhaustive ? Array(limits.prefetchDepth.lowerBound...deepest) : [deepest] {
        _ = share(TuningSetting(workers: workers[place], prefetchDepth: depth))
      }
    }
    let limit = (shares.withLock { $0.values.min() } ?? 0) + tolerance
    if !isExhaustive {
      DispatchQueue.concurrentPerform(iterations: workers.count) { place in
        guard let deepest = limits.deepest(workers: workers[place]),
          share(TuningSetting(workers: workers[place], prefetchDepth: deepest)) <= limit
        else { return }
        var (low, high) = (limits.prefetchDepth.lowerBound, deepest)
        while low < high {
          let middle = (low + high) / 2
          let isGood = share(TuningSetting(workers: workers[place], prefetchDepth: middle)) <= limit
          if isGood { high = middle } else { low = middle + 1 }
        }
      }
    }
    let good = shares.withLock { $0.filter { $0.value <= limit }.map(\.key) }
    let setting =
      good.min { (limits.byteCount($0), $0.workers) < (limits.byteCount($1), $1.workers) } ?? limits.coldStart
    let (run, share) = simulate(setting)
    return Best(setting: setting, run: run, stallShare: share)
  }
}
