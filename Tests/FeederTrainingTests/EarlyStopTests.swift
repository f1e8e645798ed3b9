import BoardSupport
import FeederCache
import FeederMetrics
import FeederTorch
import Foundation
import Testing

@testable import FeederTraining

@Suite("A run that is asked to stop before its first step")
struct EarlyStopTests {
  @Test("does no step, writes a checkpoint, and resumes from it to the weights of an undisturbed run")
  func beforeFirstStep() throws {
    let boards = try TemporaryBoards(count: 6)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
    var settings = TrainingRequest()
    (settings.imageSize, settings.batch, settings.workers, settings.epochs) = (64, 2, 1, 1)
    // Other tests in this process keep their threads and memory.
    settings.engineThreads = Engine.threadCount
    func run(_ name: String, resume: Bool = false, isCancelled: Bool = false) throws -> TrainingOutcome {
      let folder = boards.folder.appending(path: name)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      return try Trainer(
        settings: RunPlan(settings, tensorLimit: .max), classNames: ["a", "b", "c"], trainSource: source,
        validationSource: source,
        weightsFolder: folder, resume: resume, memoryBudget: nil, observer: TrainingObservers([]),
        isCancelled: { isCancelled }
      ).run()
    }
    func last(_ name: String) throws -> Data {
      try Data(contentsOf: boards.folder.appending(path: name + "/last.safetensors"))
    }
    #expect(try run("whole") == .finished)
    #expect(try run("stopped", isCancelled: true) == .interrupted)
    #expect(try Checkpoint.newest(in: boards.folder.appending(path: "stopped")).epochsDone == 0)
    #expect(try run("stopped", resume: true, isCancelled: true) == .interrupted)
    #expect(try run("stopped", resume: true) == .finished)
    #expect(try last("stopped") == last("whole"))
  }
}
