import FeederTuning
import Foundation

/// The results of the tuner and the other rules over all scenarios and some seeds.
package struct TunerReport: Encodable, Sendable {
  /// The results of one scenario: the tuner's figures (means and worst seeds), and every rule's mean regret. Points are
  /// percentage points.
  package struct Row: Encodable, Sendable {
    /// Letter of the scenario.
    package let scenario: String
    /// Short description of the scenario.
    package let title: String
    /// The oracle's settings on the first seed, one per phase.
    package let oracleSettings: [String]
    /// The oracle's stall shares on the first seed, one per phase.
    package let oracleStallShares: [Double]
    /// The tuner's mean regret.
    package let regretPoints: Double
    /// The tuner's largest regret.
    package let worstRegretPoints: Double
    /// The largest accepted regret.
    package let regretBarPoints: Double
    /// Steps until the tuner is settled after a cold start, the median of the seeds.
    package let coldSettledStepCount: Int
    /// Steps until the tuner is settled after a change, the median of the seeds.
    package let changeSettledStepCount: Int
    /// Steps until the tuner is settled after a cold start, the worst seed.
    package let worstColdSettledStepCount: Int
    /// Steps until the tuner is settled after a change, the worst seed.
    package let worstChangeSettledStepCount: Int
    /// Seeds on which the tuner settled in time.
    package let settledSeedCount: Int
    /// Mean share of late windows, 0 to 1.
    package let lateWindowShare: Double
    /// Mean bytes divided by the oracle's.
    package let byteRatio: Double
    /// The largest such ratio of any seed.
    package let worstByteRatio: Double
    /// Number of times that the tuner held more than the budget.
    package let breachCount: Int
    /// Mean changes of the setting per 1,000 steps.
    package let changesPerThousandSteps: Double
    /// Seeds on which every verdict was right.
    package let rightVerdictCount: Int
    /// Mean regret of every contestant.
    package let regretPointsByRule: [String: Double]
    /// The same; less waiting than the oracle counts as 0.
    package let clippedRegretPointsByRule: [String: Double]
    /// Mean bytes of every contestant divided by the oracle's.
    package let byteRatioByRule: [String: Double]
    /// Number of times that each contestant held more than the budget.
    package let breachCountByRule: [String: Int]
    /// Mean bytes that each contestant held in the last phase.
    package let lastPhaseBytesByRule: [String: Double]
  }

  /// One row per scenario, A to I.
  package let rows: [Row]
  /// The seeds.
  package let seeds: [UInt64]
  /// True if the oracle tried every setting.
  package let isExhaustive: Bool
  /// Mean regret of each contestant over all scenarios and seeds, in percentage points.
  package let meanRegretPoints: [String: Double]
  /// The same, but a scenario with less waiting than the oracle counts as 0, because more memory paid for it.
  package let meanClippedRegretPoints: [String: Double]
  /// Rules that held more bytes than a budget allowed.
  package let breachingRules: [String]
  /// The tuner on twice as many seeds, from 101 on, which were not used while the rule was written.
  package let heldOutRows: [Row]
  /// Fixed settings in scenario B, on all seeds.
  package let fixedDepthsInB: [FixedDepth]
  /// The doubling rule's bytes at the end of scenario C, divided by the tuner's.
  package let doublingOverTunerBytesInC: Double
  /// The tuner's changes on the first seed, by scenario.
  package let log: [String: [String]]

  /// Depths of the fixed settings in scenario B.
  private static let fixedDepths = Array(stride(from: 16, through: 40, by: 3))

  /// Runs everything. `note` gets the name of each finished scenario.
  package init(
    seeds: [UInt64], isExhaustive: Bool, variation: Variation = Variation(), note: (String) -> Void = { _ in }
  ) {
    self.seeds = seeds
    self.isExhaustive = isExhaustive
    var log: [String: [String]] = [:]
    var fixedDepths: [FixedDepth] = []
    let rows = Scenario.all(variation).map { scenario in
      let contests = seeds.map { Contest(scenario, seed: $0, isExhaustive: isExhaustive) }
      log[scenario.name] = contests.first?.log
      if scenario.name.hasPrefix("B") { fixedDepths = FixedDepth.all(contests, depths: Self.fixedDepths) }
      note(scenario.name)
      return Row(contests)
    }
    self.rows = rows
    self.log = log
    fixedDepthsInB = fixedDepths
    let heldOut = (1...2 * UInt64(max(seeds.count, 1))).map { 100 + $0 }
    heldOutRows = Scenario.all(variation).map { scenario in
      Row(heldOut.map { Contest(scenario, seed: $0, contestants: [.tuner], isExhaustive: isExhaustive) })
    }
    func means(_ value: (Row) -> [String: Double]) -> [String: Double] {
      Dictionary(
        uniqueKeysWithValues: Contestant.allCases.map { rule in
          (rule.rawValue, mean(rows.map { value($0)[rule.rawValue] ?? 0 }))
        })
    }
    meanRegretPoints = means(\.regretPointsByRule)
    meanClippedRegretPoints = means(\.clippedRegretPointsByRule)
    breachingRules = Contestant.allCases.map(\.rawValue).filter { rule in
      rows.contains { $0.breachCountByRule[rule] ?? 0 > 0 }
    }
    let c = rows.first { $0.scenario.hasPrefix("C") }?.lastPhaseBytesByRule ?? [:]
    doublingOverTunerBytesInC = (c["doubling"] ?? 0) / max(c["tuner"] ?? 0, 1)
  }
}

extension TunerReport.Row {
  /// The figures of one scenario's contests, one contest per seed.
  fileprivate init(_ contests: [Contest]) {
    let scenario = contests[0].scenario
    let judged = contests.compactMap { $0.judgements[.tuner] }
    self.scenario = scenario.name
    title = scenario.title
    oracleSettings = contests[0].oracle.phases.map(\.setting.description)
    oracleStallShares = contests[0].oracle.phases.map(\.stallShare)
    regretPoints = mean(judged.map { $0.regret * 100 })
    worstRegretPoints = judged.map { $0.regret * 100 }.max() ?? 0
    regretBarPoints = scenario.regretBar * 100
    coldSettledStepCount = lowerMedian(judged.map(\.coldSettledStepCount))
    changeSettledStepCount = lowerMedian(judged.map(\.changeSettledStepCount))
    worstColdSettledStepCount = judged.map(\.coldSettledStepCount).max() ?? 0
    worstChangeSettledStepCount = judged.map(\.changeSettledStepCount).max() ?? 0
    settledSeedCount = judged.count(where: \.isSettledInTime)
    lateWindowShare = mean(judged.map(\.lateWindowShare))
    byteRatio = mean(judged.map(\.byteRatio))
    worstByteRatio = judged.map(\.byteRatio).max() ?? 0
    breachCount = judged.reduce(0) { $0 + $1.breachCount }
    changesPerThousandSteps = mean(judged.map(\.changesPerThousandSteps))
    rightVerdictCount = judged.count(where: \.isVerdictRight)
    func byRule<Value>(_ value: ([Judgement]) -> Value) -> [String: Value] {
      Dictionary(
        uniqueKeysWithValues: contests[0].judgements.keys.map { rule in
          (rule.rawValue, value(contests.compactMap { $0.judgements[rule] }))
        })
    }
    regretPointsByRule = byRule { mean($0.map { $0.regret * 100 }) }
    clippedRegretPointsByRule = regretPointsByRule.mapValues { max($0, 0) }
    byteRatioByRule = byRule { mean($0.map(\.byteRatio)) }
    breachCountByRule = byRule { $0.reduce(0) { $0 + $1.breachCount } }
    lastPhaseBytesByRule = byRule { mean($0.map(\.lastPhaseBytes)) }
  }
}

private func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

/// The median; for an even number of values the smaller of the two in the middle. 0 if there are none.
package func lowerMedian(_ values: [Int]) -> Int { values.isEmpty ? 0 : values.sorted()[(values.count - 1) / 2] }
