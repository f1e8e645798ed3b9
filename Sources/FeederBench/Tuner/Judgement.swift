import FeederTuning

/// The figures of one policy in one scenario, compared with the oracle.
package struct Judgement: Sendable {
  /// Steps after a cold start that are not judged.
  package static let coldStepCount = 100
  /// Steps after a change until the policy must be settled.
  package static let changeStepCount = 64
  /// Allowed bytes divided by the oracle's.
  package static let byteBar = 1.25
  private static let windowStepCount = 64

  /// Stall share minus the oracle's, over all judged steps. Changes and the steps after them count.
  package let regret: Double
  /// Stall share over the judged steps, 0 to 1.
  package let stallShare: Double
  /// Steps until every later window of 64 steps in the first phase waits at most one percentage point more than the
  /// oracle in the same window.
  package let coldSettledStepCount: Int
  /// The same after a change, for the worst phase.
  package let changeSettledStepCount: Int
  /// True if no window is late after the allowances of a cold start and of a change.
  package var isSettledInTime: Bool {
    coldSettledStepCount <= Self.coldStepCount && changeSettledStepCount <= Self.changeStepCount
  }
  /// Share of the windows of 64 steps after the allowances that wait over one percentage point longer than the oracle.
  package let lateWindowShare: Double
  /// Mean bytes divided by the oracle's.
  package let byteRatio: Double
  /// Mean bytes held in the last phase.
  package let lastPhaseBytes: Double
  /// Number of times that more than the budget was held.
  package let breachCount: Int
  /// Changes of the setting per 1,000 steps, after the allowances of 100 steps (cold) and 64 steps (change).
  package let changesPerThousandSteps: Double
  /// The stage that the policy named at the end of each phase.
  package let stages: [LimitingStage?]
  /// The setting at the end of each phase.
  package let settings: [TuningSetting]
  /// True if every phase's verdict is right.
  package let isVerdictRight: Bool

  /// The steps of a phase that count: all except the first 100 of a run.
  static func judgedSteps(_ scenario: Scenario, phase: Int) -> Range<Int> {
    let steps = scenario.steps(ofPhase: phase)
    return min(max(steps.lowerBound, coldStepCount), steps.upperBound)..<steps.upperBound
  }

  /// Judges `run`, which started with the setting `start`.
  init(_ run: SimulatedRun, start: TuningSetting, scenario: Scenario, oracle: Oracle) {
    var (regretSum, shareSum, bytes, oracleBytes, judgedCount) = (0.0, 0.0, 0.0, 0.0, 0)
    var (settled, changes, settledSteps) = ([Int](), 0, 0)
    var (late, windows) = (0, 0)
    for (phase, best) in oracle.phases.enumerated() {
      let judged = Self.judgedSteps(scenario, phase: phase)
      let count = Double(judged.count)
      judgedCount += judged.count
      let share = run.stallShare(judged)
      shareSum += share * count
      regretSum += (share - best.stallShare) * count
      bytes += run.meanBytes(judged) * count
      oracleBytes += best.run.meanBytes(judged) * count
      let steps = scenario.steps(ofPhase: phase)
      // If the loader limits, a batch that ends just before or after the window's edge shifts 1/64 of its time.
      let allowance = best.stallShare > 0.01 ? 0.01 + 1 / Double(Self.windowStepCount) : 0.01
      let bad = Self.lateWindows(run, best.run, steps, allowance: allowance)
      settled.append(bad.last.map { $0 + 1 - steps.lowerBound } ?? 0)
      let allowed = min(phase == 0 ? Self.coldStepCount : Self.changeStepCount, steps.count)
      late += bad.count { $0 >= steps.lowerBound + allowed }
      windows += max(steps.count - allowed - Self.windowStepCount, 0)
      let calm = steps.lowerBound + allowed..<steps.upperBound
      changes += run.changes.count { calm.contains($0.step) }
      settledSteps += calm.count
    }
    regret = regretSum / Double(judgedCount)
    stallShare = shareSum / Double(judgedCount)
    coldSettledStepCount = settled[0]
    changeSettledStepCount = settled.dropFirst().max() ?? 0
    lateWindowShare = Double(late) / Double(max(windows, 1))
    byteRatio = bytes / oracleBytes
    lastPhaseBytes = run.meanBytes(Self.judgedSteps(scenario, phase: scenario.phases.count - 1))
    breachCount = run.breachCount
    changesPerThousandSteps = Double(changes) * 1000 / Double(max(settledSteps, 1))
    let ends = scenario.phases.indices.map { scenario.steps(ofPhase: $0).upperBound - 1 }
    stages = ends.map { run.verdicts[$0] }
    settings = ends.map { end in run.changes.last { $0.step <= end }?.setting ?? start }
    isVerdictRight = zip(stages, scenario.phases).allSatisfy { $0 == $1.stage }
  }

  /// First steps of the windows that wait more than `allowance` longer than the oracle.
  private static func lateWindows(
    _ run: SimulatedRun, _ best: SimulatedRun, _ steps: Range<Int>, allowance: Double
  ) -> [Int] {
    guard steps.count > windowStepCount else { return [] }
    return (steps.lowerBound...steps.upperBound - windowStepCount).filter { start in
      let window = start..<start + windowStepCount
      return run.stallShare(window) > best.stallShare(window) + allowance
    }
  }
}
