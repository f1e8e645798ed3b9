import FeederTuning
import Foundation

/// The table of tuner and rules over all scenarios and some seeds.
package struct TunerReport: Encodable, Sendable {
  /// One scenario: the tuner's figures, the worst of the seeds, and everyone's mean regret.
  package struct Row: Encodable, Sendable {
    package let scenario: String
    package let title: String
    package let oracleSettings: [String]
    package let oracleStallShares: [Double]
    package let regretPoints: Double
    package let worstRegretPoints: Double
    package let regretBarPoints: Double
    package let coldSettledStepCount: Int
    package let changeSettledStepCount: Int
    package let worstColdSettledStepCount: Int
    package let worstChangeSettledStepCount: Int
    package let settledSeedCount: Int
    package let lateWindowShare: Double
    package let byteRatio: Double
    package let worstByteRatio: Double
    package let breachCount: Int
    package let changesPerThousandSteps: Double
    package let rightVerdictCount: Int
    package let regretPointsByRule: [String: Double]
    package let clippedRegretPointsByRule: [String: Double]
    package let byteRatioByRule: [String: Double]
    package let breachCountByRule: [String: Int]
    package let lastPhaseBytesByRule: [String: Double]
  }

  /// One a scenario, A to I.
  package let rows: [Row]
  /// The seeds.
  package let seeds: [UInt64]
  /// True where the oracle tried every setting.
  package let isExhaustive: Bool
  /// Mean regret of each contestant over all scenarios and seeds, in points.
  package let meanRegretPoints: [String: Double]
  /// The same where less waiting than the oracle's counts as none: it is bought with more memory, which is no merit.
  package let meanClippedRegretPoints: [String: Double]
  /// Rules that held more than a budget allowed.
  package let breachingRules: [String]
  /// The tuner on seeds from 101 on, twice as many, which nobody looked at while the rule was written.
  package let heldOutRows: [Row]
  /// Fixed settings in B, on all seeds.
  package let fixedDepthsInB: [FixedDepth]
  /// The doubling rule's bytes at the end of C over the tuner's.
  package let doublingOverTunerBytesInC: Double
  /// What the tuner did on the first seed, by scenario.
  package let log: [String: [String]]

  /// What B is played at by fixed settings.
  private static let fixedDepths = Array(stride(from: 16, through: 40, by: 3))

  /// Plays everything. `note` is told of each scenario that is done.
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
  /// The figures of one scenario's contests, one a seed.
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

package func lowerMedian(_ values: [Int]) -> Int { values.isEmpty ? 0 : values.sorted()[(values.count - 1) / 2] }
