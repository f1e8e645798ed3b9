/// Chooses a setting that needs little more than the fewest bytes and stalls little more than the best setting.
///
/// Workers and depth are chosen together, because one more worker can save a slot, and the reverse. Among settings
/// within a tenth of the fewest bytes, the one with the most workers wins: they sleep while costs are constant and take
/// over at once if costs rise. Workers beyond the available cores are no reserve (`LoaderModel.availableCores`).
struct SettingChoice: Sendable {
  /// Stall that may be traded for memory: 0.1 % of the time,
  private static let tolerance = 0.001
  /// or this share of the stall that no setting can avoid.
  private static let relativeTolerance = 0.01
  /// Share of speed that workers keep in reserve, so that small drifts need no new setting.
  static let margin = 0.1
  /// One step in this many may find no batch ready.
  private static let tail = 150.0
  /// Standard errors added to the utilisation that decides the depth.
  private static let confidence = 1.0
  /// The same before a slot is given back. It is larger, or the tuner would add and remove slots in turn.
  private static let keepConfidence = 2.0
  /// Bytes of a setting with reserve workers, as a multiple of the fewest bytes.
  private static let reserveShare = 1.1
  /// Utilisation from which prefetched batches hardly build up again between two pauses.
  private static let fillingUtilisation = 0.95
  /// The most worker counts to examine.
  private static let candidateLimit = 12

  /// The chosen setting.
  let setting: TuningSetting
  /// The stall share that the replay predicts for it.
  let stallShare: Double
  /// The depth for the queue's tail and the pauses, which the record may be too short to contain.
  let tailDepth: Int
  /// The shallowest depth that the tuner may return to.
  let keptDepth: Int
  /// The least stall share of any setting.
  let leastStallShare: Double

  /// Chooses within `limits`, with at most `mostWorkers` workers.
  init(
    history: borrowing TuningHistory, model: LoaderModel, limits: TuningLimits, mostWorkers most: Int,
    pauses: PauseMemory, replay: inout Replay
  ) {
    let most = max(limits.workers.lowerBound, min(most, limits.mostWorkers))
    let top = Self.usefulWorkers(most, model: model, limits: limits)
    let deepest = limits.deepest(workers: top) ?? limits.prefetchDepth.lowerBound
    let best = TuningSetting(workers: top, prefetchDepth: deepest)
    let least = replay.stallShare(of: best, history: history, model: model)
    let limit = least + max(Self.tolerance, Self.relativeTolerance * least)
    let enough = max(model.holdSeconds / (1 + Self.margin), model.batchSeconds(workers: top) * 1.005)
    // Prefetched batches that never build up absorb no pause.
    let floor =
      model.utilisation(workers: top) < Self.fillingUtilisation
      ? pauses.depth(stepSeconds: model.holdSeconds, limit: Self.tolerance) : 0
    var candidates: [TuningSetting] = []
    let fewest = (limits.workers.lowerBound...top).first { model.batchSeconds(workers: $0) <= enough } ?? top
    for workers in fewest...min(top, fewest + Self.candidateLimit) {
      guard let deepest = limits.deepest(workers: workers) else { continue }
      let depths = min(limits.leastUsefulDepth, deepest)...deepest
      guard
        var depth = replay.shallowest(
          in: depths, workers: workers, limit: limit, history: history, model: model)
      else { continue }
      let tail = model.heavyTrafficDepth(workers: workers, tail: Self.tail, margin: Self.confidence)
      depth = max(depth, min(max(tail ?? 0, floor), deepest))
      candidates.append(TuningSetting(workers: workers, prefetchDepth: depth))
    }
    let fewestBytes = Double(candidates.map(limits.byteCount).min() ?? 0)
    let chosen = candidates.last { Double(limits.byteCount($0)) <= Self.reserveShare * fewestBytes }
    setting = limits.clamped(chosen ?? best)
    stallShare = replay.stallShare(of: setting, history: history, model: model)
    leastStallShare = least
    let (count, allowed) = (setting.workers, limits.deepest(workers: setting.workers) ?? setting.prefetchDepth)
    func tailDepth(_ margin: Double) -> Int {
      min(max(model.heavyTrafficDepth(workers: count, tail: Self.tail, margin: margin) ?? 0, floor), allowed)
    }
    self.tailDepth = tailDepth(Self.confidence)
    keptDepth = tailDepth(Self.keepConfidence)
  }

  /// The fewest workers that are as fast as `most`. More workers than available cores bring nothing, except one that
  /// works while another waits for bytes or a slot.
  private static func usefulWorkers(_ most: Int, model: LoaderModel, limits: TuningLimits) -> Int {
    let fastest = (limits.workers.lowerBound...most).map { model.batchSeconds(workers: $0) }.min() ?? 0
    let fewest = (limits.workers.lowerBound...most).first { model.batchSeconds(workers: $0) <= fastest * 1.005 } ?? most
    return min(fewest + 1, most)
  }
}
