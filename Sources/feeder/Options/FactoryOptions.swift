import ArgumentParser
import FeederMetrics
import FeederRun

/// The flags for the costs of mistakes.
struct CostOptions: ParsableArguments {
  @Option(help: "Cost of a board that escapes; with --false-call-cost.")
  var escapeCost: Double?
  @Option(help: "Cost of a false call; with --escape-cost.")
  var falseCallCost: Double?

  /// Both costs; nil if they were not given.
  var both: (escape: Double, falseCall: Double)? { escapeCost.flatMap { escape in falseCallCost.map { (escape, $0) } } }

  func validate() throws {
    for (flag, cost) in [("--escape-cost", escapeCost), ("--false-call-cost", falseCallCost)] {
      if let cost, !(0...1e12).contains(cost) { throw ValidationError("\(flag) \(cost): give a cost from 0 to 1e12") }
    }
    if (escapeCost == nil) != (falseCallCost == nil) {
      throw ValidationError("--escape-cost and --false-call-cost need each other")
    }
  }
}

/// The flags of accuracy per board.
struct FactoryOptions: ParsableArguments {
  @Flag(help: "Count boards: escapes and false calls, with thresholds solved on half of them and tested on the other.")
  var factory = false
  @Option(
    name: .customLong("target-escape"),
    help: "Share of the defective boards that may escape, for --factory. (default: 0.01)")
  var givenTargetEscape: Double?
  @OptionGroup var costs: CostOptions

  private var targetEscape: Double { givenTargetEscape ?? 0.01 }

  func validate() throws {
    if !(targetEscape >= 0 && targetEscape < 1) {
      throw ValidationError("--target-escape \(targetEscape): give a share from 0 to below 1, such as 0.01")
    }
    if !factory, costs.escapeCost != nil { throw ValidationError("--escape-cost and --false-call-cost need --factory") }
  }

  /// The board counts of `results`; nil without `--factory`. Throws `CommandError` if there are fewer than 2 boards.
  func report(_ results: [ImageResult], classNames: [String]) throws -> FactoryReport? {
    guard factory else {
      if givenTargetEscape != nil { IdleFlags.say("--target-escape", "boards are counted with --factory alone") }
      return nil
    }
    guard results.count > 1 else {
      throw CommandError(
        "--factory: \(results.count) board; thresholds are solved on one half and tested on the other, so give at least 2"
      )
    }
    let accuracy = FactoryAccuracy(results: results, classCount: classNames.count, targetEscapeShare: targetEscape)
    return FactoryReport(accuracy, classNames: classNames, targetEscapeShare: targetEscape, costs: costs.both)
  }
}
