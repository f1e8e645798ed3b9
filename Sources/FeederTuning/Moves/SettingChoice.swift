/// The setting that holds hardly more than the fewest bytes among those that wait hardly more than the best one.
///
/// Workers and depth are chosen together: a worker more can save a slot, and the other way round. Of settings within a tenth
/// of the fewest bytes the one with the most workers is taken: they sleep while costs stay as they are, and take over at
/// once where costs rise. Workers beyond the cores that are left to them are no reserve (`LoaderModel.availableCores`).
struct SettingChoice: Sendable {
  /// Waiting given away for memory, as a share of time: 0.1 points,
  private static let tolerance = 0.001
  /// or this share of the waiting that no setting can avoid.
  private static let relativeTolerance = 0.01
  /// Share of speed kept in hand by the workers, so that small drifts need no new setting.
  static let margin = 0.1
  /// One step in this many may find the buffer empty.
  private static let tail = 150.0
  /// Standard errors added to the utilisation that sets the depth.
  private static let confidence = 1.0
  /// The same before a slot is given back: more than it takes to ask for one, or the two would take turns.
  private static let keepConfidence = 2.0
  /// Bytes over the fewest that workers in reserve may cost.
  private static let reserveShare = 1.1
  /// Utilisation from which on a stock that a pause has emptied hardly fills again before the next.
  private static let fillingUtilisation = 0.95
  /// Settings of workers that are looked at, at most.
  private static let candidateLimit = 12

  /// What was chosen.
  let setting: TuningSetting
  /// Stall share that the replay predicts for it.
  let stallShare: Double
  /// Depth that the queue's tail and the pauses ask for, which the record may be too short to show.
  let tailDepth: Int
  /// The shallowest depth that may be gone back to.
  let keptDepth: Int
  /// Least stall share that any setting would have.
  let leastStallShare: Double

  /// Chooses within `limits`, with at most `most` workers.
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
    // A stock that never fills rides nothing out.
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

  /// The fewest workers that are as fast as `most` of them: more than the cores that are left bring nothing, but for one
  /// that works while another waits for bytes or for a slot.
  private static func usefulWorkers(_ most: Int, model: LoaderModel, limits: TuningLimits) -> Int {
    let fastest = (limits.workers.lowerBound...most).map { model.batchSeconds(workers: $0) }.min() ?? 0
    let fewest = (limits.workers.lowerBound...most).first { model.batchSeconds(workers: $0) <= fastest * 1.005 } ?? most
    return min(fewest + 1, most)
  }
}
