import FeederCore
import FeederImaging
import FeederTraining
import Foundation
import Synchronization

/// Warns about flags that have no effect in combination with others: once per flag, with the reason.
package enum IdleFlags {
  private static let said = Mutex<Set<String>>([])

  /// Warns that a flag or an environment variable has no effect.
  package static func say(_ flag: String, _ reason: String) {
    guard said.withLock({ $0.insert(flag).inserted }) else { return }
    Terminal.say("warning: \(flag) has no effect: \(reason)")
  }

  // MARK: - feeder train

  /// What decides, beside the settings, which flags of `feeder train` have an effect.
  package struct Facts {
    /// True if the run is resumed.
    package var goesOn = false
    /// The program that started this rank; nil for a single process and for the ranks of `--ranks`.
    package var starter: String?
    /// Channels of the images; nil if they are not known yet.
    package var channels: Int?
    /// True if the images have 8 bits per sample.
    package var hasBytes = false
    /// False with `--cache none`.
    package var keepsCache = true
    /// True if the optimizer is AdamW.
    package var takesAdamW = false
    /// True if `--verbose` was given.
    package var isVerbose = false
    /// True if `--plan` was given.
    package var plansOnly = false
    /// True if `--out` was given.
    package var out = false
    /// True if `--trace` was given.
    package var trace = false

    /// Facts of a new run of one process.
    package init() {}
  }

  private struct Rule: Sendable {
    let keys: [String]
    let reason: String
    let isIdle: @Sendable (RunPlan, Facts) -> Bool
  }

  /// Settings of `feeder train` that another setting makes ineffective.
  private static let rules: [Rule] = [
    Rule(
      keys: ["lr0", "momentum", "warmup_bias_lr"],
      reason: "--optimizer auto chooses it; give --optimizer sgd or adamw as well",
      isIdle: { $0.optimizer == .auto && !$1.goesOn }),
    Rule(
      keys: ["warmup_momentum"], reason: "AdamW keeps its momentum during the warm-up; give --optimizer sgd as well",
      isIdle: { $1.takesAdamW }),
    Rule(
      keys: ["warmup_momentum", "warmup_bias_lr"], reason: "there is no warm-up with --warmup-epochs 0",
      isIdle: { settings, _ in settings.warmupEpochs == 0 }),
    Rule(
      keys: ["warmup_epochs", "warmup_momentum", "warmup_bias_lr"], reason: "a run of one epoch has no warm-up",
      isIdle: { settings, _ in settings.epochs == 1 }),
    Rule(
      keys: ["lrf", "cos_lr"], reason: "the rate does not fall in a run of one epoch",
      isIdle: { settings, _ in settings.epochs == 1 }),
    Rule(
      keys: ["cos_lr"], reason: "the rate does not fall with --lrf 1", isIdle: { settings, _ in settings.lrf == 1 }),
    Rule(
      keys: ["close_mosaic"], reason: "there are no mosaics with --mosaic 0",
      isIdle: { settings, _ in settings.augmentation.mosaic == 0 }),
    Rule(
      keys: ["mosaic"],
      reason: "the last epochs, as many as --close-mosaic says, have no mosaics, and this run has no other epochs",
      isIdle: { settings, _ in settings.augmentation.mosaic > 0 && settings.epochs <= settings.closeMosaic }),
    Rule(
      keys: ["hsv_h", "hsv_s"], reason: "the images are grey, with one channel", isIdle: { $1.channels == 1 }),
    Rule(
      keys: ["deterministic"], reason: "a CPU gives equal bytes in any case",
      isIdle: { settings, _ in settings.device == .cpu }),
    Rule(
      keys: ["sync_bn"], reason: "a single rank sees all images of a batch",
      isIdle: { settings, _ in settings.place.count == 1 }),
    Rule(
      keys: ["ranks"], reason: "the ranks were started by another program", isIdle: { $1.starter != nil }),
    Rule(
      keys: ["stop_after_steps", "checkpoint_every"], reason: "--plan trains nothing", isIdle: { $1.plansOnly }),
    Rule(keys: ["window", "curve"], reason: "the images have 8 bits per sample", isIdle: { $1.hasBytes }),
    Rule(keys: ["cache_dir"], reason: "--cache none keeps no file", isIdle: { !$1.keepsCache }),
    Rule(keys: ["weights"], reason: "a resumed run has its own weights", isIdle: { $1.goesOn }),
  ]

  /// Warns about the `given` settings that have no effect.
  package static func check(_ given: some Sequence<String>, _ settings: RunPlan, _ facts: Facts) {
    let given = Set(given)
    for rule in rules where rule.isIdle(settings, facts) {
      for key in rule.keys where given.contains(key) { say(SettingLine.flag(key), rule.reason) }
    }
    if facts.isVerbose, facts.plansOnly {
      say("--verbose", "--plan trains nothing")
    } else if facts.isVerbose, !settings.tunesLoader {
      say("--verbose", "nothing is tuned if --workers or --prefetch is given")
    }
    if facts.plansOnly {
      if facts.out { say("--out", "--plan makes no run folder") }
      if facts.trace { say("--trace", "--plan trains nothing") }
    }
  }

  // MARK: - The environment

  /// Warns about environment variables with invalid values.
  package static func checkEnvironment(_ environment: [String: String]) {
    // The crew's process has already warned.
    guard environment["FEEDER_CREW"] == nil else { return }
    let levels = PixelLevel.allCases.filter(\.isAvailable).map(\.name)
    if let name = environment["FEEDER_SIMD"], !name.isEmpty, !levels.contains(name) {
      say("FEEDER_SIMD=\(name)", "on this processor it may be \(levels.joined(separator: ", "))")
    }
    if let path = environment["XDG_CACHE_HOME"], !path.isEmpty, !path.hasPrefix("/") {
      say("XDG_CACHE_HOME=\(path)", "it is not an absolute path; ~/.cache is used")
    }
  }
}
