import FeederProfiling
import Testing
@testable import FeederBench

@Suite("A timing is the median of repetitions after a warm-up")
struct StepTimingTests {
  private struct Counting: RepeatedWork {
    var count = 0
    mutating func callAsFunction() { count += 1 }
  }

  private struct Failing: RepeatedWork {
    struct Failure: Error {}
    func callAsFunction() throws { throw Failure() }
  }

  @Test("Warm-up runs and timed runs are counted, and only the timed ones are kept")
  func repetitions() throws {
    var work = Counting()
    let timing = try StepTiming(&work, warmup: 2, count: 7)
    #expect(work.count == 9)
    #expect(timing.seconds.count == 7)
    #expect(timing.range.contains(timing.medianSeconds))
  }

  @Test("The median is the middle timing, or the mean of the two in the middle")
  func median() {
    #expect(StepTiming(seconds: [5, 1, 100]).medianSeconds == 5)
    #expect(StepTiming(seconds: [4, 1, 2, 100]).medianSeconds == 3)
  }

  @Test("Work that fails ends the timing with its own error")
  func failure() {
    var work = Failing()
    #expect(throws: Failing.Failure.self) { try StepTiming(&work) }
  }
}
