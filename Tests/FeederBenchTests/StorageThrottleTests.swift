import Dispatch
import Synchronization
import Testing

@testable import FeederCache
@testable import FeederBench

/// A clock that advances only by sleeping and by `pass`.
final class SleepClock: ThrottleClock {
  private let moment: Mutex<Int>

  /// A clock at `start` nanoseconds.
  init(start: Int = 1_000_000_000) { moment = Mutex(start) }

  var nanoseconds: Int { moment.withLock { $0 } }

  func sleep(until target: Int) { moment.withLock { $0 = max($0, target) } }

  /// Advances the clock without sleeping.
  func pass(_ nanoseconds: Int) { moment.withLock { $0 += nanoseconds } }
}

@Suite("A throttle lets through what storage of its rate would give, and no more")
struct StorageThrottleTests {
  private let mebibyte = 1 << 20

  @Test("many threads together get the rate: no less, and at most 50 ms of it more", arguments: [1, 4])
  func rateIsShared(threads: Int) {
    let clock = SleepClock()
    let throttle = StorageThrottle(bytesPerSecond: 30 * mebibyte, clock: clock)
    let start = clock.nanoseconds
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for piece in 0..<400 / threads { _ = throttle.charge(100_000 + 1000 * (piece % 7) + thread) }
    }
    let pieces = (0..<threads).flatMap { thread in (0..<400 / threads).map { 100_000 + 1000 * ($0 % 7) + thread } }
    let expected = Double(pieces.reduce(0, +)) / Double(30 * mebibyte)
    let seconds = Double(clock.nanoseconds - start) / 1e9
    #expect(seconds >= expected - 1e-6)
    #expect(seconds <= expected / 0.999)
  }

  @Test("unused time is saved up to 50 ms")
  func burst() {
    let clock = SleepClock()
    let throttle = StorageThrottle(bytesPerSecond: 1000, clock: clock)
    #expect(throttle.charge(10) == 10_000_000)  // it starts empty
    clock.pass(30_000_000)
    #expect(throttle.charge(30) == 0)
    clock.pass(10_000_000_000)
    #expect(throttle.charge(50) == 0)
    #expect(throttle.charge(20) == 20_000_000)
  }

  @Test("a new rate holds from the next read on; 0 is no limit")
  func rateChanges() {
    let clock = SleepClock()
    let throttle = StorageThrottle(bytesPerSecond: 0, clock: clock)
    #expect(throttle.charge(1 << 40) == 0)
    clock.pass(1_000_000_000)
    throttle.bytesPerSecond = 1_000_000
    #expect(throttle.charge(1_000_000) == 950_000_000)
    throttle.bytesPerSecond = 10_000_000
    #expect(throttle.charge(1_000_000) == 100_000_000)
    throttle.bytesPerSecond = 0
    #expect(throttle.charge(1_000_000) == 0)
  }
}
