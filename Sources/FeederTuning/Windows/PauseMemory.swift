/// The pauses of the latest 1024 steps, from which follows the shallowest depth that absorbs them. They are kept when
/// costs change, because the cost of a batch says nothing about the next pause of storage or system.
struct PauseMemory: Sendable {
  /// Steps for which a pause is remembered.
  private static let span = 1024
  /// Pauses shorter than this many steps are absorbed by the least depth.
  private static let leastSteps = 2.0

  private var pauses: [(step: Int, seconds: Double)] = []
  private var stepCount = 0
  private var wasPause = false

  init() { pauses.reserveCapacity(64) }

  /// Notes a step and the seconds that its production paused, for a consumer that holds a batch for `stepSeconds`. A
  /// delay in every step is no pause.
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

  /// The shallowest depth at which pauses cost at most `limit` of the time; 0 if there were none. One batch of the
  /// depth is in work, so it absorbs nothing.
  func depth(stepSeconds: Double, limit: Double) -> Int {
    guard stepSeconds > 0, let longest = pauses.map(\.seconds).max() else { return 0 }
    let allowed = limit * Double(min(stepCount, Self.span)) * stepSeconds
    let most = Int(min(longest / stepSeconds, 1e6).rounded(.up))
    // Searches downward from the depth that absorbs all pauses to the first that loses too much.
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
