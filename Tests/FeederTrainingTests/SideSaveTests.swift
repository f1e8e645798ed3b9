import BoardSupport
import FeederCache
import FeederMetrics
import Foundation
import Synchronization
import Testing

@testable import FeederTraining

@Suite("A checkpoint from another thread, while a run waits or computes")
struct SideSaveTests {
  /// The losses of every epoch that ended.
  private final class Losses: TrainingObserver {
    private(set) var ofEpochs: [Int: [Double]] = [:]
    func stepDone(_ report: StepReport) {}
    func validationStepDone(_ done: Int, of total: Int) {}
    func epochDone(_ report: EpochReport) { ofEpochs[report.epoch] = report.losses }
    func note(_ line: String) {}
  }

  /// Saves and copies at moments of chance until told to stop.
  private final class Saver: Sendable {
    private let moments = Mutex<[URL]>([])
    private let isOver = Mutex(false)
    private let failure = Mutex<(any Error)?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    init(_ save: SideSave, from last: URL, to folder: URL, count: Int) {
      Thread.detachNewThread { [self] in
        defer { ended.signal() }
        do {
          while !isOver.withLock({ $0 }), moments.withLock(\.count) < count {
            Thread.sleep(forTimeInterval: .random(in: 0...0.15))
            let copy = folder.appending(path: "moment\(moments.withLock(\.count))")
            try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
            var copied: Result<Void, any Error>?
            try save {
              copied = Result {
                try FileManager.default.copyItem(at: last, to: copy.appending(path: "last.safetensors"))
              }
            }
            try copied?.get()
            moments.withLock { $0.append(copy) }
          }
        } catch {
          failure.withLock { $0 = error }
        }
      }
    }

    func stop() throws -> [URL] {
      isOver.withLock { $0 = true }
      ended.wait()
      try failure.withLock { if let error = $0 { throw error } }
      return moments.withLock { $0 }
    }
  }

  @Test(
    "is one to go on from to the weights and losses of an undisturbed run, with gradients of earlier batches waiting")
  func anyMoment() throws {
    let boards = try TemporaryBoards(count: 16)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
    var settings = TrainingSettings()
    (settings.imageSize, settings.batch, settings.workers, settings.epochs) = (64, 2, 1, 2)
    settings.nominalBatch = 8
    settings.warmupEpochs = 0.5
    func trainer(in folder: URL, resume: Bool, _ losses: Losses) throws -> Trainer {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      return try Trainer(
        settings: settings, classNames: ["a", "b", "c"], trainSource: source, validationSource: source,
        weightsFolder: folder, resume: resume, memoryBudget: nil, observer: losses, isCancelled: { false })
    }
    func last(_ folder: URL) -> URL { folder.appending(path: "last.safetensors") }

    let whole = boards.folder.appending(path: "whole")
    let expected = Losses()
    #expect(try trainer(in: whole, resume: false, expected).run() == .finished)

    let disturbed = boards.folder.appending(path: "disturbed")
    let disturbedLosses = Losses()
    let run = try trainer(in: disturbed, resume: false, disturbedLosses)
    let saver = Saver(SideSave(run), from: last(disturbed), to: boards.folder, count: 12)
    #expect(try run.run() == .finished)
    let moments = try saver.stop()
    #expect(try Data(contentsOf: last(disturbed)) == Data(contentsOf: last(whole)), "the saves changed the run")
    #expect(disturbedLosses.ofEpochs == expected.ofEpochs)

    var steps: Set<Int> = []
    var pending = 0
    for moment in moments {
      let progress = try RunProgress(WeightsFile(path: last(moment).path))
      guard progress.isDone == 0, steps.insert(progress.step).inserted else { continue }
      pending += progress.pending > 0 ? 1 : 0
      let losses = Losses()
      #expect(try trainer(in: moment, resume: true, losses).run() == .finished)
      #expect(try Data(contentsOf: last(moment)) == Data(contentsOf: last(whole)), "from step \(progress.step)")
      for (epoch, values) in losses.ofEpochs {
        #expect(values == expected.ofEpochs[epoch], "from step \(progress.step)")
      }
    }
    #expect(steps.count > 3 && pending > 0, "too few moments inside the run: \(steps), \(pending) with gradients")
  }

  @Test("leaves a run alone that is over, and calls back at once")
  func over() throws {
    let boards = try TemporaryBoards(count: 4)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
    var settings = TrainingSettings()
    (settings.imageSize, settings.batch, settings.workers, settings.epochs) = (64, 2, 1, 1)
    var save: SideSave?
    do {
      let run = try Trainer(
        settings: settings, classNames: ["a", "b", "c"], trainSource: source, validationSource: source,
        weightsFolder: boards.folder, resume: false, memoryBudget: nil, observer: TrainingObservers([]),
        isCancelled: { false })
      save = SideSave(run)
      #expect(try run.run() == .finished)
    }
    let before = try FileManager.default.contentsOfDirectory(atPath: boards.folder.path).sorted()
    var isCalled = false
    try save? { isCalled = true }
    #expect(isCalled)
    #expect(try FileManager.default.contentsOfDirectory(atPath: boards.folder.path).sorted() == before)
  }
}
