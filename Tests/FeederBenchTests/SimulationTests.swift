import FeederCore
import FeederLoader
import Testing

@testable import FeederBench
@testable import FeederTuning

@Suite("The simulator is exact, repeatable and keeps account of memory")
struct SimulationTests {
  private func scenario(image: Double, cores: Int = 4, storage: Double = 1e12) -> Scenario {
    Scenario(
      name: "T", title: "test", cores: cores, decodeSeconds: image, augmentSeconds: 0, batchVariation: 0,
      imageVariation: 0, stepCount: 300,
      phases: [
        Phase(
          firstStep: 0, conditions: Conditions(stepSeconds: 0.05, storageRate: storage, cores: Double(cores)),
          stage: .device)
      ], regretBar: 0)
  }

  private func run(_ scenario: Scenario, workers: Int, depth: Int) -> SimulatedRun {
    var simulation = Simulation(
      scenario, trace: CostTrace(scenario, seed: 1),
      policy: StaticPolicy(start: TuningSetting(workers: workers, prefetchDepth: depth)), steps: 0..<scenario.stepCount)
    return simulation()
  }

  @Test("constant costs give the stall share of the formula 1 - T L / B, for cores and for storage")
  func formula() {
    // 16 images of 10 ms with 2 workers take 80 ms; a step takes 50 ms.
    let cpu = run(scenario(image: 0.01), workers: 2, depth: 4).stallShare(100..<300)
    #expect(abs(cpu - (1 - 0.05 / 0.08)) < 0.005)
    // 16 images of 100 kB at 20 MB/s take 80 ms as well, with any number of workers.
    let read = run(scenario(image: 0.001, storage: 2e7), workers: 4, depth: 4).stallShare(100..<300)
    #expect(abs(read - (1 - 0.05 / 0.08)) < 0.005)
    #expect(run(scenario(image: 0.005), workers: 2, depth: 4).stallShare(100..<300) < 1e-9)
  }

  @Test("workers beyond the cores share them")
  func sharing() {
    var few = scenario(image: 0.01)
    few.phases[0].conditions.cores = 2
    let shared = run(few, workers: 4, depth: 4).stallShare(100..<300)
    #expect(abs(shared - (1 - 0.05 / 0.08)) < 0.005)
  }

  @Test("bytes held are slots and scratch, and the same seed gives the same run")
  func bytes() {
    let scenario = Scenario.all()[1]
    let first = run(scenario, workers: 3, depth: 5)
    #expect(first.peakByteCount == 6 * scenario.slotByteCount + 3 * scenario.scratchByteCount)
    #expect(abs(first.meanBytes(50..<100) - Double(first.peakByteCount)) < 1)
    #expect(first.stalls == run(scenario, workers: 3, depth: 5).stalls)
  }

  @Test("gamma factors have the mean and the variation they are asked for", arguments: [0.05, 0.5, 1, 2])
  func gamma(squaredVariation: Double) {
    var random = CounterRandom(seed: 4, purpose: .simulation)
    let values = (0..<40_000).map { _ in CostTrace.gamma(squaredVariation: squaredVariation, &random) }
    let mean = values.reduce(0, +) / 40_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40_000
    #expect(abs(mean - 1) < 0.03)
    #expect(abs(variance / (mean * mean) - squaredVariation) < 0.08 * max(squaredVariation, 0.5))
  }

  @Test("the halved sweep finds what the exhaustive one finds", arguments: [0, 4, 7])
  func sweep(index: Int) {
    var scenario = Scenario.all()[index]
    scenario.stepCount = min(scenario.stepCount, 900)
    let trace = CostTrace(scenario, seed: 5)
    let all = Oracle(scenario, trace: trace, isExhaustive: true)
    let halved = Oracle(scenario, trace: trace, isExhaustive: false)
    #expect(all.phases.map(\.setting) == halved.phases.map(\.setting))
  }

  @Test("no budget is ever breached, whatever the machine does")
  func fuzz() {
    var random = CounterRandom(seed: 77, purpose: .simulation)
    for number in 0..<60 {
      let cores = 1 + random.integer(below: 16)
      func conditions() -> Conditions {
        Conditions(
          stepSeconds: random.uniform(0.002, 0.2), storageRate: random.uniform(2e6, 2e9),
          cores: random.uniform(0.5, Double(cores)), decodeFactor: random.uniform(0.2, 4))
      }
      var scenario = Scenario(
        name: "\(number)", title: "random", batch: 1 + random.integer(below: 40), cores: cores,
        decodeSeconds: random.uniform(0.0001, 0.02), augmentSeconds: random.uniform(0, 0.01),
        batchVariation: random.uniform(0, 1.5), stepCount: 400,
        phases: [
          Phase(firstStep: 0, conditions: conditions(), stage: .device),
          Phase(firstStep: 130, conditions: conditions(), stage: .device),
          Phase(firstStep: 260, conditions: conditions(), stage: .device),
        ], regretBar: 1)
      scenario.scratchByteCount = random.integer(below: 30_000_000)
      scenario.byteBudget =
        2 * scenario.slotByteCount + scenario.scratchByteCount + random.integer(below: 400_000_000)
      var simulation = Simulation(
        scenario, trace: CostTrace(scenario, seed: UInt64(number)), policy: TunerPolicy(limits: scenario.limits),
        steps: 0..<scenario.stepCount)
      let run = simulation()
      #expect(run.breachCount == 0, "scenario \(number)")
      #expect(run.peakByteCount <= scenario.byteBudget ?? 0)
    }
  }
}
