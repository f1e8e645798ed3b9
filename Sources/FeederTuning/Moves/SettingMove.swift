/// Moves from the present setting towards the chosen one: up if that pays, down if it costs nothing.
///
/// A pure function of present knowledge. Idle workers sleep and cost only their scratch, so idleness is no reason to
/// remove them. Slots take most of the memory.
struct SettingMove: Sendable {
  /// Predicted stall share that is worth a change.
  private static let worthwhile = 0.003
  /// The same from `deepDepth` on, because stalls are then rare and one in the record proves little.
  private static let worthwhileDeep = 0.01
  /// The depth from which `worthwhileDeep` applies.
  private static let deepDepth = 8
  /// The same as a share of the predicted stall: if the loader limits, a small improvement is noise.
  private static let worthwhileShare = 0.03
  /// Utilisation from which more workers are wanted, whatever the record says.
  private static let fullUtilisation = 0.97
  /// Missing depth, as a share of the present depth, from which the queue's tail alone justifies a change.
  private static let missingShare = 0.25
  /// A saving must bring the bytes down to this share.
  private static let savingShare = 0.84
  /// The same if workers replace memory; with a weaker limit the two would replace each other in turn.
  private static let tradeShare = 0.7
  /// The ratio of chosen to present workers from which the reserve is worth adding.
  private static let reserveShare = 1.25
  /// Utilisation below which the loader is far from full. Slots are then given back by halves.
  private static let farFromFull = 0.8
  /// Steps of a run, or after a change if the loader is nearly full, in which the depth is not lowered below
  /// `youngDepth`. A pause or a long queue that comes every few hundred steps cannot have been observed yet.
  private static let youngStepCount = 256
  /// The depth of eight slots.
  private static let youngDepth = 7

  /// The limits of all moves.
  let limits: TuningLimits
  /// The present setting.
  let setting: TuningSetting
  /// The present costs.
  let model: LoaderModel
  /// The target.
  let choice: SettingChoice
  /// The stall share that the replay predicts for the present setting.
  let predicted: Double
  /// Steps since the start of the run.
  let stepCount: Int
  /// Steps since costs last changed.
  let stepsSinceChange: Int

  /// More workers or depth if that pays, with at most twice the workers or slots; nil if it does not.
  var shortage: TuningSetting? {
    var next = setting
    let gain = predicted - choice.stallShare
    let least = setting.prefetchDepth < Self.deepDepth ? Self.worthwhile : Self.worthwhileDeep
    let isWorthwhile = gain >= max(least, Self.worthwhileShare * predicted)
    let isSlow = model.utilisation(workers: setting.workers) > Self.fullUtilisation && lacksReserve
    if choice.setting.workers > setting.workers, isWorthwhile || isSlow {
      next.workers = min(choice.setting.workers, setting.workers * 2)
    }
    // The queue's tail has no meaning if the loader limits.
    let missing = Double(choice.tailDepth - setting.prefetchDepth)
    let isShallow =
      missing >= max(1, Self.missingShare * Double(setting.prefetchDepth))
      && model.utilisation(workers: setting.workers) < 1
    let wanted = isWorthwhile ? choice.setting.prefetchDepth : isShallow ? choice.tailDepth : 0
    next.prefetchDepth = max(setting.prefetchDepth, min(wanted, setting.prefetchDepth * 2 + 1))
    return next == setting ? nil : next
  }

  /// Fewer bytes if that costs nothing, and reserve workers if they are worth adding; nil if there is nothing to
  /// change.
  var surplus: TuningSetting? {
    var next = choice.setting
    if !isSaturated { next.prefetchDepth = max(next.prefetchDepth, min(choice.keptDepth, setting.prefetchDepth)) }
    let (held, wanted) = (limits.byteCount(setting), limits.byteCount(next))
    let share = next.workers > setting.workers ? Self.tradeShare : Self.savingShare
    let isSmaller = Double(wanted) <= share * Double(held)
    let hasMany = wanted <= held && Double(next.workers) <= Self.savingShare * Double(setting.workers)
    guard isSmaller || hasMany || lacksReserve else { return nil }
    if !isSaturated { next.prefetchDepth = max(next.prefetchDepth, leastNow) }
    return next == setting ? nil : next
  }

  /// True if the loader certainly limits under every setting.
  var isSaturated: Bool {
    let most = limits.mostWorkers
    return model.utilisation(workers: most) - 2 * model.utilisationError(workers: most) > TuningVerdict.bound
  }

  private var lacksReserve: Bool {
    Double(choice.setting.workers) >= Self.reserveShare * Double(setting.workers)
  }

  /// The depth below which the next move may not go.
  private var leastNow: Int {
    let error = 2 * model.utilisationError(workers: setting.workers)
    let isFarFromFull = model.utilisation(workers: setting.workers) + error < Self.farFromFull
    let quick = isFarFromFull ? setting.prefetchDepth / 2 : setting.prefetchDepth * 3 / 4
    let age = isFarFromFull ? stepCount : stepsSinceChange
    return max(quick, age < Self.youngStepCount ? min(setting.prefetchDepth, Self.youngDepth) : 0)
  }
}
