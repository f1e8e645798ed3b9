import FeederTuning

/// The results of one fixed setting, the same on every seed, beside the tuner's. They show what is possible if the
/// distribution of the costs is known, but not the trace.
package struct FixedDepth: Encodable, Sendable {
  /// All workers and the depth, or the tuner.
  package let setting: String
  /// Seeds on which every window after the allowances waited at most one percentage point more than the oracle.
  package let settledSeedCount: Int
  /// Share of windows that waited more, 0 to 1.
  package let lateWindowShare: Double
  /// Mean bytes divided by the oracle's, the mean over the seeds.
  package let byteRatio: Double
  /// The largest such ratio of any seed.
  package let worstByteRatio: Double
  /// Seeds on which it held at most 1.25 times the oracle's bytes and every window was in time.
  package let bothSeedCount: Int

  /// Runs the scenario of `contests` with all workers at each of `depths`. The tuner is last.
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
