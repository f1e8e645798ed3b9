import FeederCore
import Foundation
import Testing

@testable import FeederTuning

@Suite("The tuner's rules: at most the double upward, quarters downward, bars, budget, learned starts")
struct TunerTests {
  private let limits = TuningLimits(batch: 16, workers: 1...8, slotByteCount: 1000, scratchByteCount: 100)

  /// A window of 16 equal steps. Seconds held, waited, read and worked are per batch.
  private func window(
    hold: Double = 0.05, stall: Double = 0, read: Double = 0, cpu: Double, wall: Double? = nil
  ) -> TuningWindow {
    var window = TuningWindow()
    for _ in 0..<16 {
      window.add(
        TuningStep(
          holdSeconds: hold, stallSeconds: stall, readyCount: stall > 0 ? 0 : 1, readSeconds: read, cpuSeconds: cpu,
          longestImageSeconds: (read + cpu) / 16))
    }
    window.decodeSeconds = cpu * 16 * 0.8
    window.augmentSeconds = cpu * 16 * 0.2
    window.busyWallSeconds = wall ?? cpu * 16
    return window
  }

  @Test("upward at most the double, to what the costs ask for")
  func doubling() {
    var tuner = Tuner(limits: limits, start: TuningSetting(workers: 1, prefetchDepth: 1))
    // 0.25 s of work per batch for a step of 0.05 s: more than five workers.
    var workers = [Int]()
    for _ in 0..<4 {
      let stall = max(0.25 / Double(tuner.setting.workers) - 0.05, 0)
      workers.append(tuner.decide(window(stall: stall, cpu: 0.25)).setting.workers)
    }
    #expect(workers[0] == 2 && workers[1] == 4)
    #expect(workers[3] >= 6)
  }

  @Test("memory goes back in quiet windows, and a loader that keeps up is called device-bound")
  func givingBack() {
    var tuner = Tuner(limits: limits, start: TuningSetting(workers: 8, prefetchDepth: 40))
    var depths = [40]
    var verdict: TuningVerdict?
    for _ in 0..<40 {
      let decision = tuner.decide(window(cpu: 0.1))
      verdict = decision.verdict
      if decision.setting.prefetchDepth != depths.last { depths.append(decision.setting.prefetchDepth) }
    }
    for (before, after) in zip(depths, depths.dropFirst()) { #expect(after < before && after * 2 + 1 >= before) }
    // Idle workers cost only their working memory, so they may stay for a tenth of the bytes.
    #expect(tuner.setting.prefetchDepth <= 2)
    #expect(verdict?.stage == .device)
    #expect(verdict?.unavoidableStallShare == 0)
  }

  @Test("past saturation the memory goes at once, and the verdict says what no depth can help")
  func saturation() {
    var tuner = Tuner(limits: limits, start: TuningSetting(workers: 8, prefetchDepth: 60))
    var last: TuningDecision?
    for _ in 0..<6 { last = tuner.decide(window(stall: 0.05, cpu: 0.8)) }
    #expect(tuner.setting.prefetchDepth <= 2)
    #expect(last?.verdict.stage == .decode)
    #expect(abs((last?.verdict.unavoidableStallShare ?? 0) - 0.5) < 0.02)
    let line = last.map { "\($0.verdict)" } ?? ""
    #expect(line.contains("50.0 %"))
  }

  @Test("workers that bring nothing are taken back and barred, and a change of costs lifts the bar")
  func undo() {
    var tuner = Tuner(limits: limits, start: TuningSetting(workers: 3, prefetchDepth: 2))
    // Reading takes 0.09 s per batch with any number of workers, so their waiting grows with their number.
    func reading() -> TuningWindow {
      window(stall: 0.04, read: Double(tuner.setting.workers) * 0.09 - 0.01, cpu: 0.01)
    }
    var counts = [Int]()
    var undone = false
    for _ in 0..<20 {
      let decision = tuner.decide(reading())
      if case .undone = decision.reason { undone = true }
      counts.append(decision.setting.workers)
    }
    #expect(counts.max() ?? 0 > 3)
    #expect(undone)
    #expect(counts.last ?? 9 <= 3)
    #expect(tuner.decide(reading()).verdict.stage == .read)
    for _ in 0..<12 {
      let stall = max(0.31 / Double(tuner.setting.workers) - 0.05, 0)
      _ = tuner.decide(window(stall: stall, read: 0.01, cpu: 0.3))
    }
    #expect(tuner.setting.workers >= 6)
  }

  @Test("work that takes longer on the wall than on the CPU means fewer cores, not more workers")
  func contention() {
    var tuner = Tuner(limits: limits, start: TuningSetting(workers: 8, prefetchDepth: 2))
    for _ in 0..<8 {
      let share = max(Double(tuner.setting.workers) / 4, 1)
      _ = tuner.decide(window(stall: 0.025, cpu: 0.3, wall: 0.3 * 16 * share))
    }
    #expect((4...5).contains(tuner.setting.workers))
  }

  @Test("pinned numbers stay, and a budget is kept by every setting on the way")
  func pinsAndBudget() {
    var pinned = limits
    pinned.workers = 3...3
    var tuner = Tuner(limits: pinned, start: TuningSetting(workers: 7, prefetchDepth: 1))
    for _ in 0..<10 { #expect(tuner.decide(window(stall: 0.1, cpu: 0.25)).setting.workers == 3) }
    var tight = limits
    tight.byteBudget = 3400
    tuner = Tuner(limits: tight)
    for number in 0..<40 {
      var measured = window(stall: number % 3 == 0 ? 0.05 : 0, cpu: number < 20 ? 0.3 : 0.05)
      measured.heldByteCount = tight.byteCount(tuner.setting)
      let before = tuner.setting
      let after = tuner.decide(measured).setting
      #expect(tight.fits(after))
      let most = TuningSetting(
        workers: max(before.workers, after.workers), prefetchDepth: max(before.prefetchDepth, after.prefetchDepth))
      #expect(tight.fits(most), "both are held for a moment")
    }
  }

  @Test("one pause is ridden out by depth, and does not count as slow workers")
  func pause() {
    var tuner = Tuner(limits: limits, start: TuningSetting(workers: 4, prefetchDepth: 2))
    for _ in 0..<4 { _ = tuner.decide(window(read: 0.001, cpu: 0.12)) }
    var paused = TuningWindow()
    for index in 0..<16 {
      let isPause = index == 8
      paused.add(
        TuningStep(
          holdSeconds: 0.05, stallSeconds: isPause ? 0.25 : 0, readyCount: 1,
          readSeconds: isPause ? 4 * 0.3 : 0.001, cpuSeconds: 0.12, longestImageSeconds: isPause ? 0.31 : 0.008))
    }
    (paused.decodeSeconds, paused.busyWallSeconds) = (0.12 * 16, 0.12 * 16)
    _ = tuner.decide(paused)
    var last: TuningDecision?
    for _ in 0..<4 { last = tuner.decide(window(read: 0.001, cpu: 0.12)) }
    #expect((6...10).contains(tuner.setting.prefetchDepth))
    #expect(last?.verdict.loaderCeiling ?? 0 > 1000, "8 workers at 0.12 s a batch of 16")
  }

  @Test("waiting that no measured cost explains is found, to the second, and depth grows until it is ridden out")
  func unexplained() {
    var shadow = ConsumerShadow()
    let model = LoaderModel(batch: 16, holdSeconds: 0.01, readSeconds: 0, cpuSeconds: 0.008)
    var found = [Double]()
    for index in 0..<200 {
      // The system takes the cores away for 50 ms, so the buffer of 30 ms in three slots runs empty.
      let step = TuningStep(
        holdSeconds: 0.01, stallSeconds: index == 150 ? 0.03 : 0, readyCount: index == 150 ? 0 : 2, readSeconds: 0,
        cpuSeconds: 0.008, longestImageSeconds: 0.0005)
      found.append(shadow.unexplainedSeconds(step, setting: TuningSetting(workers: 2, prefetchDepth: 2), model: model))
    }
    #expect(found.dropFirst(20).prefix(130).allSatisfy { $0 < 1e-9 })
    #expect(found[150] >= 0.03)
    #expect(found.suffix(49).allSatisfy { $0 < 1e-9 })

    var tuner = Tuner(limits: limits, start: TuningSetting(workers: 2, prefetchDepth: 2))
    for _ in 0..<4 { _ = tuner.decide(window(hold: 0.01, cpu: 0.008)) }
    for _ in 0..<3 {
      var taken = TuningWindow()
      for index in 0..<16 {
        taken.add(
          TuningStep(
            holdSeconds: 0.01, stallSeconds: index == 8 ? 0.03 : 0, readyCount: index == 8 ? 0 : 2, readSeconds: 0,
            cpuSeconds: 0.008, longestImageSeconds: 0.0005))
      }
      (taken.decodeSeconds, taken.busyWallSeconds) = (0.008 * 16, 0.008 * 16)
      _ = tuner.decide(taken)
    }
    #expect((4...10).contains(tuner.setting.prefetchDepth), "\(tuner.setting)")
  }

  @Test("pauses outlive a change of costs, isolated ones alone, for a thousand steps")
  func pauseMemory() {
    var memory = PauseMemory()
    func pass(_ steps: Int) { for _ in 0..<steps { memory.note(0, stepSeconds: 0.02) } }
    #expect(memory.depth(stepSeconds: 0.02, limit: 0.001) == 0)
    pass(100)
    memory.note(0.03, stepSeconds: 0.02)
    #expect(memory.depth(stepSeconds: 0.02, limit: 0.001) == 0, "two slots ride that out")
    pass(1)
    memory.note(0.3, stepSeconds: 0.02)
    #expect(memory.depth(stepSeconds: 0.02, limit: 0.001) == 16)
    #expect(memory.depth(stepSeconds: 0.01, limit: 0.001) == 31)
    #expect(memory.depth(stepSeconds: 0.02, limit: 0.1) < 8, "a tenth of the time may be lost")
    for _ in 0..<3 { memory.note(0.9, stepSeconds: 0.02) }
    #expect(memory.depth(stepSeconds: 0.02, limit: 0.001) == 0, "step after step is no pause")
    pass(1)
    memory.note(0.3, stepSeconds: 0.02)
    pass(1000)
    #expect(memory.depth(stepSeconds: 0.02, limit: 0.001) == 15)
    pass(30)
    #expect(memory.depth(stepSeconds: 0.02, limit: 0.001) == 0)

    var tuner = Tuner(limits: limits, start: TuningSetting(workers: 4, prefetchDepth: 2), stepCount: 5000)
    for _ in 0..<4 { _ = tuner.decide(window(read: 0.001, cpu: 0.12)) }
    var paused = TuningWindow()
    for index in 0..<16 {
      paused.add(
        TuningStep(
          holdSeconds: 0.05, stallSeconds: index == 8 ? 0.25 : 0, readyCount: 1,
          readSeconds: index == 8 ? 4 * 0.3 : 0.001,
          cpuSeconds: 0.12, longestImageSeconds: index == 8 ? 0.31 : 0.008))
    }
    (paused.decodeSeconds, paused.busyWallSeconds) = (0.12 * 16, 0.12 * 16)
    _ = tuner.decide(paused)
    for _ in 0..<20 { _ = tuner.decide(window(read: 0.001, cpu: 0.06)) }
    #expect((6...10).contains(tuner.setting.prefetchDepth), "half the cost, the same storage: \(tuner.setting)")
  }

  @Test("galloping finds the shallowest depth that a look at every depth finds, or that there is none")
  func shallowest() {
    var random = CounterRandom(seed: 11, purpose: .simulation)
    var (replay, found, missing) = (Replay(), Set<Int>(), 0)
    for _ in 0..<40 {
      var history = TuningHistory()
      let work = random.uniform(0.02, 0.12)
      for index in 0..<300 {
        let isPause = index % 90 == 40
        history.add(
          TuningStep(
            holdSeconds: 0.05, stallSeconds: 0, readyCount: 1, readSeconds: 0,
            cpuSeconds: work * random.uniform(0.2, 1.8), longestImageSeconds: 0.01),
          workers: 2, batch: 16, unexplained: isPause ? random.uniform(0, 0.9) : 0)
      }
      let model = LoaderModel(batch: 16, holdSeconds: 0.05, readSeconds: 0, cpuSeconds: work)
      func share(_ depth: Int) -> Double {
        replay.stallShare(of: TuningSetting(workers: 2, prefetchDepth: depth), history: history, model: model)
      }
      let limit = share(24) + random.uniform(-0.001, 0.02)
      let expected = (2...24).first { share($0) <= limit }
      let answer = replay.shallowest(in: 2...24, workers: 2, limit: limit, history: history, model: model)
      #expect(answer == expected)
      if let answer { found.insert(answer) } else { missing += 1 }
    }
    #expect(found.count > 4 && missing > 0, "the cases differ")
  }

  @Test("the least depth is two slots, or four if they take at most a thirty-second of the budget")
  func leastDepth() {
    var some = limits
    #expect(some.leastUsefulDepth == 2)
    some.byteBudget = 5 * 32 * some.slotByteCount
    #expect(some.leastUsefulDepth == 4)
    some.byteBudget = 4 * 32 * some.slotByteCount
    #expect(some.leastUsefulDepth == 3)
    some.byteBudget = 3000
    #expect(some.leastUsefulDepth == 2)
    some.prefetchDepth = 1...1
    #expect(some.leastUsefulDepth == 1)
    some.prefetchDepth = 6...9
    #expect(some.leastUsefulDepth == 6)
  }

  @Test("a change of the step time is declared within two windows, noise is not")
  func changes() {
    var detector = ChangeDetector()
    var noise = 1
    func values(_ mean: Double) -> [Double] {
      (0..<16).map { _ in
        noise = noise &* 1_103_515_245 &+ 12345
        return mean * (0.7 + 0.6 * Double((noise >> 16) & 0x7FFF) / 32768)
      }.sorted()
    }
    var declared = 0
    for _ in 0..<400 where detector.observe(sorted: values(1)) { declared += 1 }
    #expect(declared == 0)
    for _ in 0..<2 where detector.observe(sorted: values(2)) { declared += 1 }
    #expect(declared > 0)
  }

  @Test("a learned setting survives its file, and is cut to other limits")
  func learned() throws {
    let learned = TuningSetting(workers: 5, prefetchDepth: 12)
    let read = try JSONDecoder().decode(TuningSetting.self, from: JSONEncoder().encode(learned))
    #expect(read == learned)
    var small = limits
    small.workers = 1...2
    small.byteBudget = 4300
    #expect(Tuner(limits: small, start: read).setting == TuningSetting(workers: 2, prefetchDepth: 3))
  }

  @Test("empty windows and absurd numbers give a setting within the limits")
  func absurd() {
    var tuner = Tuner(limits: limits)
    _ = tuner.decide(TuningWindow())
    for value in [0.0, 1e-12, 1e9] {
      let decision = tuner.decide(window(hold: value, stall: value, read: value, cpu: value))
      #expect((1...8).contains(decision.setting.workers))
      #expect((1...64).contains(decision.setting.prefetchDepth))
    }
  }
}
