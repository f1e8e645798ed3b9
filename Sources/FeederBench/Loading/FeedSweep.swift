import FeederLoader
import FeederTuning
import Foundation

/// Finds the best fixed setting in each phase of a scene on real threads: the oracle of the tuned loader.
///
/// As in the simulation, each phase runs alone, from `leadStepCount` steps before it, so that no setting profits from a
/// buffer filled in better times. Best is the setting with the fewest bytes among those within 0.1 percentage points of
/// the least waiting. Everything runs `rounds` times, tuned and fixed in turn, and each figure is the median, because a
/// machine is never quiet.
package struct FeedSweep {
  /// A fixed setting and its result.
  struct Tried: Encodable {
    let workers: Int
    let prefetchDepth: Int
    let stallShare: Double
    let bytes: Int
  }

  /// The tuned loader and the oracle in one phase.
  package struct Phase: Encodable {
    let firstStep: Int
    let stallShare: Double
    let oracle: Tried
    let regretPoints: Double
    let tried: [Tried]

    /// The result in one line, for people.
    package var line: String {
      String(
        format: "from step %d: tuned %.2f %%, best fixed %.2f %% (%d workers, depth %d): regret %.2f points", firstStep,
        stallShare * 100, oracle.stallShare * 100, oracle.workers, oracle.prefetchDepth, regretPoints)
    }
  }

  /// Depths that are tried, each with every number of workers.
  static let depths = [1, 2, 4, 8, 16, 32]
  private static let tolerance = 0.001
  private static let leadStepCount = 32

  let scene: FeedScene
  let batch: Int
  let workers: ClosedRange<Int>
  let rounds: Int
  /// Makes a loader with a fixed setting, or a tuned one for nil.
  let makeLoader: (TuningSetting?) throws -> TunedLoader

  /// A sweep over `workers` and all depths.
  package init(
    scene: FeedScene, batch: Int, workers: ClosedRange<Int>, rounds: Int,
    makeLoader: @escaping (TuningSetting?) throws -> TunedLoader
  ) {
    self.scene = scene
    self.batch = batch
    self.workers = workers
    self.rounds = rounds
    self.makeLoader = makeLoader
  }

  /// Runs everything. `note` gets a line per run. Returns the first tuned run with its loader, and the phases. Throws
  /// what the loader throws.
  package func callAsFunction(_ note: (String) -> Void) throws -> (FeedRun, TunedLoader, [Phase]) {
    var shares: [[TuningSetting?: [Double]]] = Array(repeating: [:], count: scene.phases.count)
    var bytes: [TuningSetting: Int] = [:]
    var first: (FeedRun, TunedLoader)?
    for _ in 0..<rounds {
      let (run, tuned) = try playTuned()
      for phase in scene.phases.indices { shares[phase][nil, default: []].append(run.share(judged(phase))) }
      note(run.report(tuned, channels: tuned.loader.channels, changeAt: nil).line)
      first = first ?? (run, tuned)
      for phase in scene.phases.indices {
        for setting in settings {
          let (share, held) = try playFixed(setting, phase: phase)
          shares[phase][setting, default: []].append(share)
          bytes[setting] = held
          note("phase \(phase + 1), \(setting): \((share * 10_000).rounded() / 100) %")
        }
      }
    }
    guard let (run, tuned) = first else { throw BenchError("--rounds \(rounds): give 1 or more") }
    let phases = scene.phases.indices.map { self.phase($0, shares[$0], bytes) }
    return (run, tuned, phases)
  }

  private var settings: [TuningSetting] {
    workers.flatMap { workers in Self.depths.map { TuningSetting(workers: workers, prefetchDepth: $0) } }
  }

  private func judged(_ phase: Int) -> Range<Int> {
    let steps = scene.steps(ofPhase: phase)
    return phase == 0 ? min(FeedRun.warmup(scene.stepCount), steps.upperBound)..<steps.upperBound : steps
  }

  private func playTuned() throws -> (FeedRun, TunedLoader) {
    let tuned = try makeLoader(nil)
    var run = FeedRun(stepCount: scene.stepCount, batch: batch)
    try run.run(tuned) { scene.enter(step: $0) }
    tuned.loader.cancel()
    return (run, tuned)
  }

  private func playFixed(_ setting: TuningSetting, phase: Int) throws -> (share: Double, bytes: Int) {
    let steps = judged(phase)
    let first = max(steps.lowerBound - Self.leadStepCount, 0)
    let fixed = try makeLoader(setting)
    var run = FeedRun(stepCount: steps.upperBound - first, batch: batch)
    try run.run(fixed) { scene.enter(step: first + $0, phase: phase) }
    fixed.loader.cancel()
    return (run.share(steps.lowerBound - first..<steps.upperBound - first), fixed.loader.plannedBytes)
  }

  private func phase(
    _ index: Int, _ shares: [TuningSetting?: [Double]], _ bytes: [TuningSetting: Int]
  ) -> Phase {
    let tried = settings.map { setting in
      Tried(
        workers: setting.workers, prefetchDepth: setting.prefetchDepth,
        stallShare: Self.median(shares[setting] ?? []), bytes: bytes[setting] ?? 0)
    }
    let least = tried.map(\.stallShare).min() ?? 0
    let good = tried.filter { $0.stallShare <= least + Self.tolerance }
    let oracle = good.min { ($0.bytes, $0.workers) < ($1.bytes, $1.workers) } ?? tried[0]
    let share = Self.median(shares[nil] ?? [])
    return Phase(
      firstStep: scene.phases[index].firstStep, stallShare: share, oracle: oracle,
      regretPoints: (share - oracle.stallShare) * 100, tried: tried)
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
