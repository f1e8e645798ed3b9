import FeederCore
import BoardSupport
import FeederCache
import FeederMetrics
import FeederTorch
import FeederWeights
import Foundation
import Synchronization
import Testing

@testable import FeederTraining

@Suite("A checkpoint from another thread, while a run waits or computes")
struct SideSaveTests {
  /// Keeps the losses of every finished epoch, and signals each event.
  private final class Losses: TrainingObserver {
    private(set) var ofEpochs: [Int: [Double]] = [:]
    let news = DispatchSemaphore(value: 0)
    func stepDone(_ report: StepReport) { news.signal() }
    func validationStepDone(_ done: Int, of total: Int) { news.signal() }
    func epochDone(_ report: EpochReport) { ofEpochs[report.epoch] = report.losses }
    func note(_ line: SettingLine) {}
  }

  /// Saves at a random moment after each step of a run, and copies the saved file.
  private final class Saver: Sendable {
    private let copies = Mutex<[URL]>([])
    private let isOver = Mutex(false)
    private let failure = Mutex<(any Error)?>(nil)
    private let news: DispatchSemaphore
    private let ended = DispatchSemaphore(value: 0)

    init(_ gate: CheckpointGate, after news: DispatchSemaphore, from last: URL, to folder: URL) {
      self.news = news
      Thread.detachNewThread { [self] in
        defer { ended.signal() }
        do {
          while true {
            news.wait()
            if isOver.withLock({ $0 }) { return }
            Thread.sleep(forTimeInterval: .random(in: 0...0.05))
            let copy = folder.appending(path: "moment\(copies.withLock(\.count))")
            try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
            var copied: Result<Void, any Error>?
            try gate.save {
              copied = Result {
                try FileManager.default.copyItem(at: last, to: copy.appending(path: "last.safetensors"))
              }
            }
            guard let copied else { continue }  // the run is over
            try copied.get()
            copies.withLock { $0.append(copy) }
          }
        } catch {
          failure.withLock { $0 = error }
        }
      }
    }

    /// Stops saving and returns the copies.
    func stop() throws -> [URL] {
      isOver.withLock { $0 = true }
      news.signal()
      ended.wait()
      try failure.withLock { if let error = $0 { throw error } }
      return copies.withLock { $0 }
    }
  }

  /// A small run; other tests in this process keep their threads and memory.
  private func settings(epochs: Int) -> TrainingRequest {
    var settings = TrainingRequest()
    (settings.imageSize, settings.batch, settings.workers, settings.epochs) = (64, 2, 1, epochs)
    settings.engineThreads = Engine.threadCount
    return settings
  }

  @Test(
    "can be resumed to the weights and losses of an undisturbed run, with gradients of earlier batches waiting")
  func anyMoment() throws {
    let boards = try TemporaryBoards(count: 16)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
    var settings = settings(epochs: 2)
    settings.nominalBatch = 8
    settings.warmupEpochs = 0.5
    func trainer(in folder: URL, resume: Bool, _ losses: Losses) throws -> Trainer {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      return try Trainer(
        settings: RunPlan(settings, tensorLimit: .max), classNames: ["a", "b", "c"], trainSource: source,
        validationSource: source,
        weightsFolder: folder, resume: resume, memoryBudget: nil, observer: losses, isCancelled: { false })
    }
    func last(_ folder: URL) -> URL { folder.appending(path: "last.safetensors") }

    let whole = boards.folder.appending(path: "whole")
    let expected = Losses()
    #expect(try trainer(in: whole, resume: false, expected).run() == .finished)

    let disturbed = boards.folder.appending(path: "disturbed")
    let disturbedLosses = Losses()
    let run = try trainer(in: disturbed, resume: false, disturbedLosses)
    let saver = Saver(run.gate, after: disturbedLosses.news, from: last(disturbed), to: boards.folder)
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

  @Test("is not written before a run begins or after it has ended, whether its trainer still exists or not")
  func over() throws {
    let boards = try TemporaryBoards(count: 4)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
    let settings = settings(epochs: 1)
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: boards.folder.path).sorted() }
    var run: Trainer? = try Trainer(
      settings: RunPlan(settings, tensorLimit: .max), classNames: ["a", "b", "c"], trainSource: source,
      validationSource: source,
      weightsFolder: boards.folder, resume: false, memoryBudget: nil, observer: TrainingObservers([]),
      isCancelled: { false })
    let gate = try #require(run).gate
    var before = try names()
    try gate.save { Issue.record("called before the run") }
    #expect(try names() == before)
    #expect(try run?.run() == .finished)
    before = try names()
    #expect(before.contains("last.safetensors"))
    try gate.save { Issue.record("called after the run") }
    let trainer = { [weak run] in run }
    run = nil
    #expect(trainer() == nil, "the gate keeps a run that is over")
    try gate.save { Issue.record("called without a trainer") }
    #expect(try names() == before)
  }

  private struct FullDisk: Error {}

  /// Fails at the end of an epoch, like a full disk that blocks results.csv.
  private final class Failing: TrainingObserver {
    let isFailing = DispatchSemaphore(value: 0)
    func stepDone(_ report: StepReport) {}
    func validationStepDone(_ done: Int, of total: Int) {}
    func epochDone(_ report: EpochReport) throws {
      isFailing.signal()
      Thread.sleep(forTimeInterval: 0.5)  // time for another thread to wait for the state
      throw FullDisk()
    }
    func note(_ line: SettingLine) {}
  }

  @Test("is not written for a run that fails: its epoch has no row yet")
  func failing() throws {
    let boards = try TemporaryBoards(count: 4)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
    let settings = settings(epochs: 2)
    let observer = Failing()
    let run = try Trainer(
      settings: RunPlan(settings, tensorLimit: .max), classNames: ["a", "b", "c"], trainSource: source,
      validationSource: source,
      weightsFolder: boards.folder, resume: false, memoryBudget: nil, observer: observer, isCancelled: { false })
    let gate = run.gate
    let isCalled = Atomic(false)
    let ended = DispatchSemaphore(value: 0)
    let failing = observer.isFailing
    Thread.detachNewThread {
      failing.wait()
      try? gate.save { isCalled.store(true, ordering: .relaxed) }
      ended.signal()
    }
    #expect(throws: FullDisk.self) { try run.run() }
    ended.wait()
    let wasCalled = isCalled.load(ordering: .relaxed)
    #expect(!wasCalled)
    #expect(!FileManager.default.fileExists(atPath: boards.folder.appending(path: "last.safetensors").path))
  }
}
