import Dispatch
import FeederTorch
import Foundation
import Synchronization

@testable import FeederTraining

/// A result that one thread passes to another.
private final class Handover<Value>: @unchecked Sendable {  // written under the lock, read after all writers have ended
  private let lock = Mutex(())
  private var values: [Int: Result<Value, any Error>] = [:]
  func put(_ rank: Int, _ value: Result<Value, any Error>) { lock.withLock { _ in values[rank] = value } }
  func all() throws -> [Value] { try values.sorted { $0.key < $1.key }.map { try $0.value.get() } }
}

/// Runs `body` on `count` ranks that communicate over loopback, each in its own thread.
func withRanks<R>(_ count: Int, _ body: @escaping @Sendable (Ranks) throws -> R) throws -> [R] {
  var meeting = Meeting(host: "127.0.0.1", port: try RankPort.free(), serves: false, name: "test")
  meeting.ownHost = "127.0.0.1"
  meeting.joinPatience = .seconds(60)
  meeting.workPatience = .seconds(60)
  let results = Handover<R>()
  let group = DispatchGroup()
  for rank in 0..<count {
    var own = meeting
    own.serves = rank == 0
    let mine = own
    Thread.detach(in: group) {
      results.put(
        rank,
        Result {
          let place = RankPlace(rank: rank, count: count, localRank: rank, localCount: count)
          return try body(Ranks(ProcessGroup(mine, rank: rank, count: count), place: place))
        })
    }
  }
  group.wait()
  return try results.all()
}

extension Thread {
  fileprivate static func detach(in group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
    group.enter()
    Thread.detachNewThread {
      body()
      group.leave()
    }
  }
}
