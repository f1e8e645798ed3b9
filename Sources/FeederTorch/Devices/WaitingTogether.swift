import Foundation

/// Waits in all processes at once for work outside of gloo.
extension ProcessGroup {
  /// Interval at which waiting processes check that the others still wait.
  private static let roundDuration = Duration.milliseconds(20)

  /// Calls `isDone` until it returned true in all processes. Throws in all of them if it throws in one, if one is gone,
  /// or if it is not true within the group's patience: `EngineError` of kind `.lostPeer`, `.lostLink` or
  /// `.failsElsewhere`, or the error of `isDone`.
  package func waitTogether(_ action: String, _ isDone: () throws -> Bool) throws {
    let end = ContinuousClock.now + patience
    while true {
      var (goesOn, failure): (Bool, (any Error)?) = (true, nil)
      do {
        let round = ContinuousClock.now + Self.roundDuration
        goesOn = try !isDone()
        while goesOn, ContinuousClock.now < round {
          usleep(100)
          goesOn = try !isDone()
        }
        if goesOn, ContinuousClock.now > end {
          throw EngineError(action, .lostLink, message: "NCCL lost a rank: not done within \(patience)")
        }
      } catch {
        failure = error
      }
      let votes = try Tensor([goesOn ? 1 : 0, failure == nil ? 0 : 1] as [Int64], shape: [2])
      do { try largest(votes) } catch { throw failure ?? error }
      if let failure { throw failure }
      let all = try votes.array(of: Int64.self)
      if all[1] > 0 {
        throw EngineError(
          action, .failsElsewhere, message: "NCCL lost a rank: the work fails on another, whose own line says why")
      }
      if all[0] == 0 { return }
    }
  }
}
