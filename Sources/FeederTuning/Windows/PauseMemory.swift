/// The pauses of the latest steps, kept beyond a change of costs: what a batch costs says nothing about whether the storage or the
/// system will stand still again, so a change must not make the tuner forget that they did.
struct PauseMemory: Sendable {
  /// Steps that a pause is remembered.
  private static let span = 1024
  /// Pauses shorter than so many steps are ridden out by the least depth.
  private static let leastSteps = 2.0

  private var pauses: [(step: Int, seconds: Double)] = []
  private var stepCount = 0
  private var wasPause = false

  init() { pauses.reserveCapacity(64) }

  /// Takes a step with the seconds that its production stood still, for a consumer that holds a batch for `stepSeconds`. What
  /// comes step after step is no pause.
  mutating func note(_ seconds: Double, stepSeconds: Double) {
    stepCount += 1
    pauses.removeAll { $0.step <= stepCount - Self.span }
    let isPause = stepSeconds > 0 && seconds > Self.leastSteps * stepSeconds
    if isPause, wasPause {
      if pauses.last?.step == stepCount - 1 { pauses.removeLast() }
    } else if isPause {
      pauses.append((stepCount, seconds))
    }
    wasPause = isPause
  }

  /// The shallowest depth whose stock, all but the batch in work, leaves no more than `limit` of the time to pauses; 0 where
  /// there were none.
  func depth(stepSeconds: Double, limit: Double) -> Int {
    guard stepSeconds > 0, let longest = pauses.map(\.seconds).max() else { return 0 }
    let allowed = limit * Double(min(stepCount, Self.span)) * stepSeconds
    let most = Int(min(longest / stepSeconds, 1e6).rounded(.up))
    // From the deepest downward: where none is lost, to where too much is.
    var depth = most
    while depth > 0 {
      let stock = Double(depth - 1) * stepSeconds
      let lost = pauses.reduce(0) { $0 + max($1.seconds - stock, 0) }
      if lost > allowed { break }
      depth -= 1
    }
    return depth + 1
  }
}
