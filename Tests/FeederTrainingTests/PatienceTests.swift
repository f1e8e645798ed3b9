import FeederTraining
import Testing

@Suite("A run stops when its results no longer get better")
struct PatienceTests {
  @Test("The best epoch is the last of the best, and patience counts from it")
  func patience() {
    var progress = RunProgress()
    var stops: [Bool] = []
    for (epoch, fitness) in [0.1, 0.3, 0.3, 0.2, 0.25, 0.29].enumerated() {
      progress.epoch = epoch
      _ = progress.noteResult(fitness: Float(fitness))
      stops.append(progress.isOutOfPatience(3))
    }
    #expect(progress.bestEpoch == 2)
    #expect(stops == [false, false, false, false, false, true])
  }

  @Test("A patience of 0 never stops a run")
  func never() {
    var progress = RunProgress()
    let isFirstBest = progress.noteResult(fitness: 0.5)
    #expect(isFirstBest)
    progress.epoch = 1_000
    let isLaterBest = progress.noteResult(fitness: 0.4)
    #expect(!isLaterBest)
    #expect(!progress.isOutOfPatience(0))
  }
}
