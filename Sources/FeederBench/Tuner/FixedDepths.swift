import FeederTuning

/// What one fixed setting, the same on every seed, comes to in a scenario, beside the tuner: shows what can be had by somebody
/// who knows the law of the costs, but not which trace it will be.
package struct FixedDepth: Encodable, Sendable {
  /// Workers, all of them, and the depth; or the tuner.
  package let setting: String
  /// Seeds on which every window was within a point of the oracle's once the allowances had passed.
  package let settledSeedCount: Int
  /// Share of the windows that were not.
  package let lateWindowShare: Double
  /// Mean bytes held over the oracle's, the mean of the seeds.
  package let byteRatio: Double
  /// The same on the worst seed.
  package let worstByteRatio: Double
  /// Seeds on which it held at most 1.25 times the oracle's bytes and every window was in time.
  package let bothSeedCount: Int

  /// Plays the scenario of `contests` with all workers at each of `depths`; the tuner comes last.
  static func all(_ contests: [Contest], depths: [Int]) -> [FixedDepth] {
    depths.map { depth in
      let setting = TuningSetting(
        workers: contests.first?.scenario.limits.workers.upperBound ?? 1, prefetchDepth: depth)
      let judged = contests.map { contest in
        let policy = StaticPolicy(start: setting)
        var simulation = Simulation(
          contest.scenario, trace: CostTrace(contest.scenario, seed: contest.seed), policy: policy,
          steps: 0..<contest.scenario.stepCount)
        return Judgement(simulation(), start: setting, scenario: contest.scenario, oracle: contest.oracle)
      }
      return FixedDepth("\(setting)", judged)
    } + [FixedDepth("the tuner", contests.compactMap { $0.judgements[.tuner] })]
  }

  private init(_ setting: String, _ judged: [Judgement]) {
    let count = Double(max(judged.count, 1))
    self.setting = setting
    settledSeedCount = judged.count(where: \.isSettledInTime)
    lateWindowShare = judged.reduce(0) { $0 + $1.lateWindowShare } / count
    byteRatio = judged.reduce(0) { $0 + $1.byteRatio } / count
    worstByteRatio = judged.map(\.byteRatio).max() ?? 0
    bothSeedCount = judged.count { $0.isSettledInTime && $0.byteRatio <= Judgement.byteBar }
  }
}
