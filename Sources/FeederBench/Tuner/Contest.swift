import FeederTuning

/// The tuner and the rules that it is compared with.
package enum Contestant: String, Sendable, CaseIterable {
  case tuner
  /// All cores, two batches per worker, as in PyTorch's DataLoader.
  case pytorch
  /// Eight workers, four batches per worker.
  case ultralytics
  /// All cores, with tf.data's doubling prefetch rule.
  case doubling
  /// Changes one number by one step and keeps it if it helped.
  case hillClimb = "hill climb"
  /// tf.data's stage-based rule.
  case stageBased = "stage-based"
  /// All cores and depth 64 from the start: the most that memory alone can achieve. It is not one of the five rules.
  case largest
}

/// One scenario, run with every contestant on the same trace.
package struct Contest: Sendable {
  /// The scenario.
  package let scenario: Scenario
  /// The seed of its costs.
  package let seed: UInt64
  /// The best fixed setting of each phase.
  let oracle: Oracle
  /// The figures of each contestant.
  package let judgements: [Contestant: Judgement]
  /// The tuner's changes, one per line: step, setting and reason.
  package let log: [String]

  /// Runs `scenario` with the costs drawn from `seed`.
  package init(
    _ scenario: Scenario, seed: UInt64, contestants: [Contestant] = Contestant.allCases, isExhaustive: Bool = true
  ) {
    self.scenario = scenario
    let trace = CostTrace(scenario, seed: seed)
    let oracle = Oracle(scenario, trace: trace, isExhaustive: isExhaustive)
    self.seed = seed
    self.oracle = oracle
    var log: [String] = []
    var judgements: [Contestant: Judgement] = [:]
    let limits = scenario.limits
    func play(_ policy: some Policy) -> Judgement {
      var simulation = Simulation(scenario, trace: trace, policy: policy, steps: 0..<scenario.stepCount)
      let run = simulation()
      if let tuner = simulation.policy as? TunerPolicy {
        log = zip(run.changes, tuner.decisions).map { "step \($0.step): \($0.setting), because \($1.reason)" }
      }
      return Judgement(run, start: policy.start, scenario: scenario, oracle: oracle)
    }
    for contestant in contestants {
      judgements[contestant] =
        switch contestant {
        case .tuner: play(TunerPolicy(limits: limits))
        case .pytorch: play(Self.fixed(limits.workers.upperBound, 2 * limits.workers.upperBound))
        case .ultralytics: play(Self.fixed(min(8, limits.workers.upperBound), 32))
        case .doubling: play(DoublingPolicy(limits: limits))
        case .hillClimb: play(HillClimbPolicy(limits: limits))
        case .stageBased: play(StageBasedPolicy(limits: limits))
        case .largest: play(Self.fixed(limits.workers.upperBound, limits.prefetchDepth.upperBound))
        }
    }
    self.judgements = judgements
    self.log = log
  }

  /// A fixed setting that ignores the budget, as those loaders do.
  private static func fixed(_ workers: Int, _ depth: Int) -> StaticPolicy {
    StaticPolicy(start: TuningSetting(workers: workers, prefetchDepth: depth))
  }
}
