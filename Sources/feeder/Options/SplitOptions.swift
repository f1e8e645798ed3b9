import ArgumentParser
import FeederDatasets
import FeederImporting
import FeederRun

/// The flags that say which images become val and test if a data set does not.
struct SplitOptions: ParsableArguments {
  @Option(help: "Share of the training images that becomes val if the data set has no val; 0: none. (default: 0.2)")
  var valShare: Double?
  @Option(help: "Share of the training images that becomes test if the data set has no test. (default: 0)")
  var testShare: Double?
  @Option(help: "Another seed chooses other images for val and test. (default: 0)")
  var seed: UInt64?
  @Option(
    help: """
      Keep images of one group in one split: a regular expression whose first group in parentheses, or whole match, is \
      an image's group, as in '^(panel[0-9]+)', or a .csv file of two columns, image and group.
      """)
  var groupBy: String?

  func validate() throws {
    for (flag, share) in [("--val-share", valShare), ("--test-share", testShare)] {
      if let share, !(0..<1).contains(share) { throw ValidationError("\(flag) \(share): give 0 to below 1") }
    }
    let rule = SplitRule()
    if (valShare ?? rule.valShare) + (testShare ?? rule.testShare) >= 1 {
      throw ValidationError("--val-share and --test-share: together they leave nothing to train on")
    }
  }

  /// What the flags say. Throws `DatasetError` for groups that cannot be read.
  func rule() throws -> SplitRule {
    var rule = SplitRule()
    rule.valShare = valShare ?? rule.valShare
    rule.testShare = testShare ?? rule.testShare
    rule.takesFromTraining = valShare ?? 0 > 0 || testShare ?? 0 > 0
    rule.seed = seed ?? rule.seed
    rule.groups = try groupBy.map { try ImageGroups($0) }
    return rule
  }

  /// Says which flags change nothing because `source` has its own splits.
  func sayIdle(_ source: PreparationSource) {
    let (hasVal, hasTest) = (source.ownSplits.contains(.val), source.ownSplits.contains(.test))
    if valShare != nil, hasVal { IdleFlags.say("--val-share", "the data set has its own val") }
    if let testShare, testShare > 0, hasTest { IdleFlags.say("--test-share", "the data set has its own test") }
    if seed != nil, hasVal, hasTest || testShare ?? 0 == 0 {
      IdleFlags.say("--seed", "the data set has its own splits")
    }
  }
}
