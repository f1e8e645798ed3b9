import FeederCache
import FeederCore
import FeederLoader
import FeederTorch

/// A request resolved for this machine and the rank at `place`: nothing is left to choose. A trial or a search makes a plan of other
/// values with `with`; a plan itself never changes.
@dynamicMemberLookup
package struct RunPlan: Sendable {
  /// What was asked.
  package let request: TrainingRequest
  /// The place of this process among those that train together; `batch` is of all of them.
  package let place: RankPlace
  package let device: Device
  /// `auto` until a trial chose one.
  package let precision: Precision
  /// Threads of one engine operator.
  package let engineThreads: Int
  /// The batch that a search found; nil if none was asked for.
  private let foundBatch: Int?
  /// Bytes that tensors on the CPU may take; nil for what is left when the run begins.
  package let tensorLimit: Int?
  /// The file that keeps the tuner's findings from run to run; nil for none.
  package let learnedFile: LearnedSettingFile?

  /// A search for a batch begins with this many images.
  private static let draftBatch = 16

  /// The plan of `request` for the rank at `place` on `device`.
  package init(
    _ request: TrainingRequest, on device: Device = .cpu, at place: RankPlace = .alone, tensorLimit: Int? = nil
  ) {
    self.init(
      request, place, device, request.precision,
      engineThreads: request.engineThreads ?? place.share(of: CoreLimit.current.usable), batch: nil,
      tensorLimit: tensorLimit, learnedFile: nil)
  }

  private init(
    _ request: TrainingRequest, _ place: RankPlace, _ device: Device, _ precision: Precision,
    engineThreads: Int, batch: Int?, tensorLimit: Int?, learnedFile: LearnedSettingFile?
  ) {
    (self.request, self.place, self.device, self.precision) = (request, place, device, precision)
    self.engineThreads = engineThreads
    (foundBatch, self.tensorLimit, self.learnedFile) = (batch, tensorLimit, learnedFile)
  }

  /// The same plan with what was found since.
  package func with(
    batch: Int? = nil, place: RankPlace? = nil, precision: Precision? = nil, tensorLimit: Int? = nil,
    learnedFile: LearnedSettingFile? = nil
  ) -> RunPlan {
    RunPlan(
      request, place ?? self.place, device, precision ?? self.precision, engineThreads: engineThreads,
      batch: batch ?? foundBatch,
      tensorLimit: tensorLimit ?? self.tensorLimit, learnedFile: learnedFile ?? self.learnedFile)
  }

  /// What was asked and needs no finding.
  package subscript<Value>(dynamicMember path: KeyPath<TrainingRequest, Value>) -> Value { request[keyPath: path] }

  /// Images of a step, of all ranks together.
  package var batch: Int { foundBatch ?? request.batch ?? Self.draftBatch }

  /// Images of a batch that are this process's.
  package var ownBatch: Int { batch / place.count }

  /// The request that asks for what this plan found.
  package var settled: TrainingRequest {
    var settled = request
    settled.precision = precision
    settled.batch = foundBatch ?? request.batch
    settled.engineThreads = engineThreads
    return settled
  }

  /// Makes the engine of this process compute as the plan says.
  package func adopt() throws {
    try Engine.setThreadCount(engineThreads)
    if device != .cpu { try Engine.setDeterministic(request.deterministic) }
  }

  /// Largest common norm of the gradients of one update, as in the reference trainer.
  static let gradientNorm = 10.0

  /// Workers that the tuner may choose from: the cores that the engine leaves.
  var workerRange: ClosedRange<Int> {
    let most = loader(.validation, workers: request.workers, prefetchDepth: 1).workers
    return request.tunesLoader ? 1...most : most...most
  }

  /// Depths that the tuner may choose from.
  var prefetchRange: ClosedRange<Int> {
    request.tunesLoader ? 1...64 : request.prefetchDepth...request.prefetchDepth
  }

  /// Throws `SettingError` for the first value out of its range, or that this place or device does not allow.
  package func check() throws {
    try request.check()
    if let batch = foundBatch ?? request.batch, batch % place.count != 0 {
      throw SettingError(
        "\(setting: "batch") \(batch): it is the batch of all \(place.count) ranks together; give a multiple of \(place.count)"
      )
    }
    try PrecisionPolicy(precision, on: device).check()
  }
}
