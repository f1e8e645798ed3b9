import FeederTraining

/// Which settings a run may change when it goes on. Every other setting decides what the run computes: with another value the files of
/// the run folder would tell of two runs.
package enum ResumeRules {
  /// The settings that may change, each with the reason. The new value is written into args.yaml.
  static let changeable: [String: String] = [
    "epochs": "how far the run goes",
    "patience": "when the run stops",
    "stop_after_steps": "when this process stops",
    "checkpoint_every": "how much work a power cut may cost",
    "device": "the machine may be another one",
    "ranks": "the machine may be another one; the batch stays that of all ranks together",
    "deterministic": "how fast a GPU computes; sums are rounded in another order",
    "engine_threads": "the machine may be another one; sums are rounded in another order",
    "precision": "what to do when float16 overflows; the scale of the loss starts anew",
    "workers": "how fast batches are made; they are the same batches",
    "prefetch": "how fast batches are made; they are the same batches",
    "memory": "how much memory the loader takes",
    "cache": "how images are kept; every form gives the same pixels",
    "cache_dir": "where images are kept",
    "plots": "what is drawn beside the run",
    "tensorboard": "what is written beside the run",
  ]

  /// Throws a line that names each setting in `flags` that would make another run of the one behind the file at `path`.
  package static func check(_ arguments: RunArguments, flags: [String: String], file path: String, _ place: RankPlace)
    throws
  {
    let fixed = flags.keys.filter { changeable[$0] == nil }.sorted()
    if fixed.isEmpty { return }
    // The flags that may change count for both sides: the device of args.yaml need not be there any more.
    let kept = try RunArguments(
      flags: flags.filter { changeable[$0.key] != nil }, file: path, goesOn: true, warn: { _ in })
    let (old, new) = (try kept.values(at: place), try arguments.values(at: place))
    let others = fixed.compactMap { key -> String? in
      let (before, now) = (old[key] ?? "none", new[key] ?? "none")
      return before == now ? nil : "\(RunArguments.flag(key)) \(now) (this run has \(before))"
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
