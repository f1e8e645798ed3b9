import FeederCore
import FeederTraining
import FeederWeights

/// Decides which settings a resumed run may change. Every other setting decides what the run computes: if it changed,
/// the run folder would mix two different runs.
package enum ResumeRules {
  /// True if a resumed run may change the setting. The new value is then written to args.yaml.
  private static func isChangeable(_ key: String) -> Bool { SettingTable.setting(key)?.mayChange != nil }

  /// Throws `CommandError` that names each setting in `flags` that a resumed run must not change. `path` is args.yaml.
  package static func check(_ arguments: RunArguments, flags: [String: String], file path: String, _ place: RankPlace)
    throws
  {
    let fixed = flags.keys.filter { !isChangeable($0) }.sorted()
    if fixed.isEmpty { return }
    // Flags that may change apply to both sides: the device named in args.yaml may not exist any more.
    let kept = try RunArguments(
      flags: flags.filter { isChangeable($0.key) }, file: path, goesOn: true, warn: { _ in })
    let (old, new) = (try kept.values(at: place), try arguments.values(at: place))
    let others = fixed.compactMap { key -> String? in
      let (before, now) = (old[key] ?? "none", new[key] ?? "none")
      return before == now ? nil : "\(SettingLine.flag(key)) \(now) (this run has \(before))"
    }
    guard !others.isEmpty else { return }
    throw CommandError(
      "\(others.joined(separator: " and ")) cannot change in a resumed run; leave \(others.count == 1 ? "it" : "them") out, or begin a new "
        + "run without --resume")
  }

  /// Throws `CommandError` that names each setting in `own`, read from `file`, that differs from the run of `weights`.
  static func check(_ own: [String: String], of file: String, with weights: WeightsFile) throws {
    let others = weights.differences(from: own).map { "\($0.key) \($0.now) (that run has \($0.then))" }
    guard !others.isEmpty else { return }
    throw CommandError(
      "\(file): is not of the run that wrote \(weights.path): it has \(others.joined(separator: " and ")); put back the file of that "
        + "run, or begin a new run with --weights \(weights.path)")
  }
}
