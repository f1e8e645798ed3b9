/// The setting that holds the fewest bytes among those that wait hardly more than the best one.
///
/// Workers and depth are chosen together: a worker more can save a slot, and the other way round.
struct SettingChoice: Sendable {
  /// Waiting given away for memory, as a share of time: 0.1 points,
  private static let tolerance = 0.001
  /// or this share of the waiting that no setting can avoid.
  private static let relativeTolerance = 0.01
  /// Share of speed kept in hand by the workers, so that small drifts need no new setting.
  static let margin = 0.1
  /// One step in this many may find the buffer empty.
  private static let tail = 300.0
  /// Standard errors added to the utilisation that sets the depth.
  private static let confidence = 0.0
  /// Settings of workers that are looked at, at most.
  private static let candidateLimit = 12

  /// What was chosen.
  let setting: TuningSetting
  /// Stall share that the replay predicts for it.
  let stallShare: Double
  /// Least stall share that any setting would have.
  let leastStallShare: Double

  /// Chooses within `limits`, with at most `most` workers and at least `floor` depth.
  init(
    history: borrowing TuningHistory, model: LoaderModel, limits: TuningLimits, mostWorkers most: Int, floor: Int,
    replay: inout Replay
  ) {
    let most = max(limits.workers.lowerBound, min(most, limits.mostWorkers))
    let top = Self.usefulWorkers(most, model: model, limits: limits)
    let deepest = limits.deepest(workers: top) ?? limits.prefetchDepth.lowerBound
    let best = TuningSetting(workers: top, prefetchDepth: deepest)
    let least = replay.stallShare(of: best, history: history, model: model)
    let limit = least + max(Self.tolerance, Self.relativeTolerance * least)
    let enough = max(model.holdSeconds / (1 + Self.margin), model.batchSeconds(workers: top) * 1.005)
    var chosen: (setting: TuningSetting, bytes: Int)?
    let fewest = (limits.workers.lowerBound...top).first { model.batchSeconds(workers: $0) <= enough } ?? top
    for workers in fewest...min(top, fewest + Self.candidateLimit) {
      guard let deepest = limits.deepest(workers: workers) else { continue }
      let most = TuningSetting(workers: workers, prefetchDepth: deepest)
      guard replay.stallShare(of: most, history: history, model: model) <= limit else { continue }
      var depth = replay.shallowest(
        in: limits.prefetchDepth.lowerBound...deepest, workers: workers, limit: limit,
        history: history, model: model)
      let tail = model.heavyTrafficDepth(workers: workers, tail: Self.tail, margin: Self.confidence)
      depth = max(depth, min(Int((tail ?? 0).rounded()), deepest), min(floor, deepest))
      let setting = TuningSetting(workers: workers, prefetchDepth: depth)
      let bytes = limits.byteCount(setting)
      if chosen.map({ bytes < $0.bytes }) ?? true { chosen = (setting, bytes) }
    }
    setting = limits.clamped(chosen?.setting ?? best)
    stallShare = replay.stallShare(of: setting, history: history, model: model)
    leastStallShare = least
  }

  /// The fewest workers that are as fast as `most` of them: more than the cores that are left bring nothing.
  private static func usefulWorkers(_ most: Int, model: LoaderModel, limits: TuningLimits) -> Int {
    let fastest = (limits.workers.lowerBound...most).map { model.batchSeconds(workers: $0) }.min() ?? 0
    return (limits.workers.lowerBound...most).first { model.batchSeconds(workers: $0) <= fastest * 1.005 } ?? most
  }
}
