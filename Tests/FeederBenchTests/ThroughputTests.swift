import FeederProfiling
import Synchronization
import Testing
@testable import FeederBench

@Suite("Two streams are measured in turn, and a figure is the median of windows")
struct ThroughputTests {
  /// A clock that only the streams advance.
  private final class FakeClock: StreamClock {
    var seconds = 0.0
    /// As if two threads worked all the time.
    var processorSeconds: Double { 2 * seconds }
  }

  /// Returns four images per call. A call in window k takes `secondsPerCall[k]`, a warm-up call ten times that.
  private struct Steps: ImageStream {
    let name: String
    let clock: FakeClock
    let secondsPerCall: [Double]
    let journal: Journal
    var warmupCount = 2
    private var life = -1
    private var callCount = 0

    init(_ name: String, _ clock: FakeClock, _ secondsPerCall: [Double], _ journal: Journal) {
      self.name = name
      self.clock = clock
      self.secondsPerCall = secondsPerCall
      self.journal = journal
    }

    mutating func start() {
      journal.lines.append("\(name) starts")
      life += 1
      callCount = 0
    }

    mutating func next() -> Int {
      callCount += 1
      clock.seconds += secondsPerCall[life] * (callCount <= warmupCount ? 10 : 1)
      return 4
    }

    mutating func stop() { journal.lines.append("\(name) stops") }
  }

  private final class Journal {
    var lines: [String] = []
  }

  private struct Failing: ImageStream {
    struct Failure: Error {}
    let journal: Journal
    let warmupCount = 0
    func start() { journal.lines.append("starts") }
    func next() throws -> Int { throw Failure() }
    func stop() { journal.lines.append("stops") }
  }

  @Test("Windows alternate, leave the warm-up out, and give images by seconds")
  func alternating() throws {
    let (clock, journal) = (FakeClock(), Journal())
    var ours = Steps("ours", clock, [0.5, 2, 1], journal)
    var floor = Steps("floor", clock, [0.25, 0.25, 0.5], journal)
    var plan = PairedThroughput.Plan(seconds: 0, windowCount: 3)
    plan.windowSeconds = 8
    plan.warmupShare = 0
    let paired = try PairedThroughput(&ours, floor: &floor, plan: plan, clock: clock)
    #expect(paired.ours.windows == [8, 2, 4])
    #expect(paired.floor.windows == [16, 16, 8])
    #expect(paired.ours.processorSeconds == [0.25, 1, 0.5] && paired.floor.processorSecondsPerImage == 0.125)
    #expect(paired.ours.imagesPerSecond == 4 && paired.floor.imagesPerSecond == 16 && paired.ratioToFloor == 0.25)
    let turn = ["ours starts", "ours stops", "floor starts", "floor stops"]
    #expect(journal.lines == turn + turn + turn)
  }

  @Test("A window spans some calls however slow they are, and its seconds are shared by both sides")
  func slowCalls() throws {
    let (clock, journal) = (FakeClock(), Journal())
    var ours = Steps("ours", clock, [100, 100, 100], journal)
    var floor = Steps("floor", clock, [100, 100, 100], journal)
    let plan = PairedThroughput.Plan(seconds: 12, windowCount: 3)
    #expect(plan.windowSeconds == 2)
    let paired = try PairedThroughput(&ours, floor: &floor, plan: plan, clock: clock)
    #expect(paired.ours.windows.allSatisfy { abs($0 - 0.04) < 1e-12 })
    #expect(clock.seconds == 2 * 3 * (2 * 1000 + 3 * 100))
  }

  @Test("The system's clocks go forward, and processor time passes with work alone")
  func systemClock() {
    let clock = SystemClock()
    let (start, processorStart) = (clock.seconds, clock.processorSeconds)
    while clock.processorSeconds - processorStart < 0.01 {}
    #expect(clock.seconds > start)
  }

  @Test("A stream that fails ends the measurement with its own error, and is stopped")
  func failure() {
    let (clock, journal) = (FakeClock(), Journal())
    var ours = Failing(journal: journal)
    var floor = Steps("floor", clock, [1], journal)
    #expect(throws: Failing.Failure.self) {
      try PairedThroughput(&ours, floor: &floor, plan: PairedThroughput.Plan(seconds: 1))
    }
    #expect(journal.lines == ["starts", "stops"])
  }
}

@Suite("The bare loop does the same work on its threads until it is stopped")
struct BareLoopTests {
  private final class Seen: Sendable {
    let positions = Mutex<[Int]>([])
  }

  private struct Failure: Error {}

  @Test("Positions count up without a gap, batch after batch, and nothing runs after the stop", arguments: [1, 2, 5])
  func positions(threads: Int) throws {
    let seen = Seen()
    var loop = BareLoop(threads: threads, batch: 7) {
      { { position in seen.positions.withLock { $0.append(position) } } }
    }
    for _ in 0..<2 {
      try loop.start()
      #expect(try loop.next() == 7)
      #expect(try loop.next() == 7)
      loop.stop()
      let done = seen.positions.withLock { positions in
        defer { positions = [] }
        return positions
      }
      #expect(done.count >= 14)
      #expect(done.sorted() == Array(0..<done.count))
    }
    #expect(seen.positions.withLock { $0 }.isEmpty)
  }

  @Test("What a thread throws comes out of the next call, from its work as from its start")
  func errors() throws {
    var failing = BareLoop(threads: 2, batch: 1000) { { { position in if position == 5 { throw Failure() } } } }
    try failing.start()
    #expect(throws: Failure.self) { while true { _ = try failing.next() } }
    failing.stop()
    var broken = BareLoop(threads: 2, batch: 1) { { throw Failure() } }
    try broken.start()
    #expect(throws: Failure.self) { try broken.next() }
    broken.stop()
    var unprepared = BareLoop(threads: 2, batch: 1) { throw Failure() }
    #expect(throws: Failure.self) { try unprepared.start() }
  }
}
