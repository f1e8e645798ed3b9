/// The way from the setting in force towards the chosen one: up where that pays, down where it costs nothing.
///
/// A pure function of what is known now. Idle workers sleep and cost their scratch alone, so they are not taken away for being
/// idle; slots are what memory is spent on.
struct SettingMove: Sendable {
  /// Predicted waiting, as a share of time, that is worth a change.
  private static let worthwhile = 0.003
  /// The same from `deepDepth` on, where waiting is a rare event and one in the record proves little.
  private static let worthwhileDeep = 0.01
  /// See `worthwhileDeep`.
  private static let deepDepth = 8
  /// The same as a share of the waiting that is predicted: where the loader limits, a little less of it is noise.
  private static let worthwhileShare = 0.03
  /// Utilisation from which on more workers are wanted whatever the record says.
  private static let fullUtilisation = 0.97
  /// Depth that is missing, as a share of what is there, from which on the queue's tail alone is worth a change.
  private static let missingShare = 0.25
  /// Bytes that a saving must leave, as a share.
  private static let savingShare = 0.84
  /// The same where more workers take the place of memory: the two would take turns.
  private static let tradeShare = 0.7
  /// Workers of a choice over those in force from which on they are worth waking as a reserve.
  private static let reserveShare = 1.25
  /// Utilisation below which a loader is far from full: slots are then given back by halves.
  private static let farFromFull = 0.8
  /// Steps of a run, or after a change of a loader that is nearly full, in which memory is given back down to `youngDepth`
  /// only: what comes every few hundred steps, a pause or an excursion of the queue, cannot have been seen yet.
  private static let youngStepCount = 256
  /// Eight slots.
  private static let youngDepth = 7

  /// Within what it moves.
  let limits: TuningLimits
  /// The setting in force.
  let setting: TuningSetting
  /// What costs are now.
  let model: LoaderModel
  /// Where to go.
  let choice: SettingChoice
  /// Stall share that the replay predicts for the setting in force.
  let predicted: Double
  /// Steps since the run began.
  let stepCount: Int
  /// Steps since costs last changed.
  let stepsSinceChange: Int

  /// More workers or depth where that pays, at most the double of workers or slots; nil where it does not.
  var shortage: TuningSetting? {
    var next = setting
    let gain = predicted - choice.stallShare
    let least = setting.prefetchDepth < Self.deepDepth ? Self.worthwhile : Self.worthwhileDeep
    let isWorthwhile = gain >= max(least, Self.worthwhileShare * predicted)
    let isSlow = model.utilisation(workers: setting.workers) > Self.fullUtilisation && lacksReserve
    if choice.setting.workers > setting.workers, isWorthwhile || isSlow {
      next.workers = min(choice.setting.workers, setting.workers * 2)
    }
    // The queue's tail has no meaning where the loader limits.
    let missing = Double(choice.tailDepth - setting.prefetchDepth)
    let isShallow =
      missing >= max(1, Self.missingShare * Double(setting.prefetchDepth))
      && model.utilisation(workers: setting.workers) < 1
    let wanted = isWorthwhile ? choice.setting.prefetchDepth : isShallow ? choice.tailDepth : 0
    next.prefetchDepth = max(setting.prefetchDepth, min(wanted, setting.prefetchDepth * 2 + 1))
    return next == setting ? nil : next
  }

  /// Fewer bytes where that costs nothing, workers in reserve where they do; nil where there is nothing to give back.
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

  /// True where the loader limits beyond doubt, whatever the setting.
  var isSaturated: Bool {
    let most = limits.mostWorkers
    return model.utilisation(workers: most) - 2 * model.utilisationError(workers: most) > TuningVerdict.bound
  }

  private var lacksReserve: Bool {
    Double(choice.setting.workers) >= Self.reserveShare * Double(setting.workers)
  }

  /// How far the depth may go back at once.
  private var leastNow: Int {
    let error = 2 * model.utilisationError(workers: setting.workers)
    let isFarFromFull = model.utilisation(workers: setting.workers) + error < Self.farFromFull
    let quick = isFarFromFull ? setting.prefetchDepth / 2 : setting.prefetchDepth * 3 / 4
    let age = isFarFromFull ? stepCount : stepsSinceChange
    return max(quick, age < Self.youngStepCount ? min(setting.prefetchDepth, Self.youngDepth) : 0)
  }
}
