import FeederCore
import FeederTraining
import FeederWeights

/// Which settings a run may change when it goes on. Every other setting decides what the run computes: with another value the files of
/// the run folder would tell of two runs.
package enum ResumeRules {
  /// True if a run that goes on may change the setting. The new value is written into args.yaml.
  private static func isChangeable(_ key: String) -> Bool { SettingTable.setting(key)?.mayChange != nil }

  /// Throws a line that names each setting in `flags` that would make another run of the one behind the file at `path`.
  package static func check(_ arguments: RunArguments, flags: [String: String], file path: String, _ place: RankPlace)
    throws
  {
    let fixed = flags.keys.filter { !isChangeable($0) }.sorted()
    if fixed.isEmpty { return }
    // The flags that may change count for both sides: the device of args.yaml need not be there any more.
    let kept = try RunArguments(
      flags: flags.filter { isChangeable($0.key) }, file: path, goesOn: true, warn: { _ in })
    let (old, new) = (try kept.values(at: place), try arguments.values(at: place))
    let others = fixed.compactMap { key -> String? in
      let (before, now) = (old[key] ?? "none", new[key] ?? "none")
      return before == now ? nil : "\(SettingLine.flag(key)) \(now) (this run has \(before))"
    }
    guard !others.isEmpty else { return }
    throw CommandError(
      "\(others.joined(separator: " and ")) would make another run; leave \(others.count == 1 ? "it" : "them") away, or begin a new "
        + "run without --resume")
  }

  /// Throws a line that names each setting that `file`, which holds `own`, has otherwise than the run that wrote `weights`.
  static func check(_ own: [String: String], of file: String, with weights: WeightsFile) throws {
    guard let known = weights.settings else { return }
    let others = own.keys.sorted().compactMap { key -> String? in
      guard let value = own[key], let then = known[key], value != then else { return nil }
      return "\(key) \(value) (that run has \(then))"
    }
    guard !others.isEmpty else { return }
    throw CommandError(
      "\(file): is not of the run that wrote \(weights.path): it has \(others.joined(separator: " and ")); put back the file of that "
        + "run, or begin a new run with --weights \(weights.path)")
  }
}
