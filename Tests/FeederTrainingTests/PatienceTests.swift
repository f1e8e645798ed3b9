import FeederTraining
import Testing

@Suite("A run stops when its results no longer get better")
struct PatienceTests {
  @Test("The best epoch is the first of equal ones, and patience counts from it")
  func patience() {
    var progress = RunProgress()
    var stops: [Bool] = []
    for (epoch, fitness) in [0.1, 0.3, 0.3, 0.2, 0.25, 0.29].enumerated() {
      progress.epoch = epoch
      _ = progress.noteResult(fitness: Float(fitness))
      stops.append(progress.isOutOfPatience(3))
    }
    #expect(progress.bestEpoch == 1)
    #expect(stops == [false, false, false, false, true, true])
  }

  @Test("Results that never change stop a run `patience` epochs after the first")
  func ties() {
    var progress = RunProgress()
    for epoch in 0..<4 {
      progress.epoch = epoch
      let isBest = progress.noteResult(fitness: 0)
      #expect(isBest == (epoch == 0))
      #expect(progress.isOutOfPatience(3) == (epoch == 3))
    }
  }

  @Test("A run that stopped early or finished continues if its patience or its epochs grow")
  func longer() {
    var progress = RunProgress()
    _ = progress.noteResult(fitness: 0.5)
    progress.epoch = 3  // two epochs without a better result are done
    #expect(progress.isOver(epochs: 10, patience: 2))
    #expect(!progress.isOver(epochs: 10, patience: 3))
    #expect(!progress.isOver(epochs: 10, patience: 0))
    #expect(progress.isOver(epochs: 3, patience: 0))
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
