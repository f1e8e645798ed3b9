import Foundation

extension TunerReport {
  /// The tables as Markdown.
  package var markdown: String {
    """
    # The tuner against an oracle and five rules

    Written by `feeder bench tuner --seeds \(seeds.count)\(isExhaustive ? " --exhaustive" : "")`: a simulated loader on a
    virtual clock, \(seeds.count) seed\(seeds.count == 1 ? "" : "s"), so the figures are the same on every machine.
    Sources/TunerBench/README.md says how it is counted.

    ## The tuner

    | | scenario | oracle | its stall | regret (bar), points | worst | settled cold | after change | late windows | \
    bytes over oracle (worst) | breaches | changes / 1,000 steps | verdict |
    |---|---|---|---|---|---|---|---|---|---|---|---|---|
    \(rows.map(tunerLine).joined(separator: "\n"))

    Oracle settings are those of the first seed, one a phase. Settled: steps until every later window of 64 waits at most a
    point more than the oracle in the same window, the median of the seeds; bars 100 and 64. Late windows: share of all
    windows after those bars that do not. Bars: bytes 1.25, breaches 0, changes 2, verdict right in all \(seeds.count).

    ## Beside the rules that others use

    Mean regret in points; a negative one waits less than the oracle, by holding more. In brackets the mean bytes over the
    oracle's; `!` marks a budget that was breached.

    | | \(Contestant.allCases.map(\.rawValue).joined(separator: " | ")) |
    |---|\(Contestant.allCases.map { _ in "---" }.joined(separator: "|"))|
    \(rows.map(ruleLine).joined(separator: "\n"))
    | mean | \(Contestant.allCases.map { number(meanRegretPoints[$0.rawValue] ?? 0) }.joined(separator: " | ")) |

    In C, once the loader limits, the doubling rule holds \(number(doublingOverTunerBytesInC)) times the tuner's bytes.
    `largest` is what memory alone can buy: all cores and depth 64 from the start.

    """ + Self.notes
  }

  private func tunerLine(_ row: Row) -> String {
    let stalls = row.oracleStallShares.map { number($0 * 100) + " %" }.joined(separator: "; ")
    let cells = [
      row.scenario, row.title, row.oracleSettings.joined(separator: "; "), stalls,
      "\(number(row.regretPoints)) (\(number(row.regretBarPoints)))", number(row.worstRegretPoints),
      "\(row.coldSettledStepCount)", "\(row.changeSettledStepCount)", number(row.lateWindowShare * 100) + " %",
      "\(number(row.byteRatio)) (\(number(row.worstByteRatio)))", "\(row.breachCount)",
      number(row.changesPerThousandSteps), "\(row.rightVerdictCount) of \(seeds.count)",
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }

  private func ruleLine(_ row: Row) -> String {
    let cells = Contestant.allCases.map { rule in
      let mark = (row.breachCountByRule[rule.rawValue] ?? 0) > 0 ? " !" : ""
      return "\(number(row.regretPointsByRule[rule.rawValue] ?? 0)) "
        + "(\(number(row.byteRatioByRule[rule.rawValue] ?? 0)))\(mark)"
    }
    return "| \(row.scenario) | " + cells.joined(separator: " | ") + " |"
  }

  private func number(_ value: Double) -> String {
    let text = String(format: "%.2f", value)
    return text == "-0.00" ? "0.00" : text
  }

  private static let notes = """

    ## What the figures mean, and where a bar is missed

    - The oracle knows the future of its trace; a tuner knows the past. In B (rho 0.9, c2 1) waiting is made of rare
      excursions: whether a trace holds one that passes depth 25 is luck, which the oracle knows and pays for with depth 19
      to 28 from seed to seed. So there the tuner misses the bar of 1.25 times the oracle's bytes on some seeds and "every
      window" on others; both cannot be met by a rule that does not know the trace. Late windows say how rare that is.
    - The same holds, in small, for single windows of E and F, whose loader is within a tenth of the device.
    - A phase of the oracle is tried alone. `largest` shows what a full buffer carried out of better times would be worth in D.
    - The first pause of G cannot be foreseen: it is most of what G costs.
    - Mean regret, lowest of all: missed as it is counted. The doubling rule waits some hundredths of a point less, the two
      fixed rules some tenths, by holding more: their bytes are in brackets, and in H the fixed ones breach the budget. Idle
      workers cost nothing in this simulator, so rules that never lower them are not hurt by E and F; the tuner, which
      lowers them, pays there for some steps. Of all that keep within 1.25 times the oracle's bytes on average, it waits least.

    """
}
