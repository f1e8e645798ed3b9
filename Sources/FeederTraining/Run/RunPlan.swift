import FeederCache
import FeederCodecs
import FeederCore
import FeederImaging
import FeederLoader
import FeederTorch

/// A request resolved for this machine and the rank at `place`. A plan never changes: a trial or a search makes another
/// one by `with`.
@dynamicMemberLookup
package struct RunPlan: Sendable {
  /// The requested settings.
  package let request: TrainingRequest
  /// The rank of this process. `batch` counts the images of all ranks.
  package let place: RankPlace
  /// The device that computes.
  package let device: Device
  /// The precision; `auto` until a trial chooses one.
  package let precision: Precision
  /// Threads of one engine operator.
  package let engineThreads: Int
  /// The batch size that a search found; nil if there was no search.
  private let foundBatch: Int?
  /// Bytes that tensors on the CPU may take; nil means what is left when the run begins.
  package let tensorLimit: Int?
  /// The file that keeps the tuner's results from run to run; nil for none.
  package let learnedFile: LearnedSettingFile?

  /// The batch size while a search has not found one.
  private static let draftBatch = 16

  /// The window of the images; nil before they are opened.
  private let levels: Levels?

  /// How boards are cut in tiles; nil for whole images, and while `auto` is not decided.
  package let tiling: Tiling?

  /// What is known of the images once they are opened.
  private enum Levels {
    /// Images of 8 bits, which no window maps.
    case none
    case window(LevelWindow)
  }

  /// The plan of `request` for the rank at `place` on `device`.
  package init(
    _ request: TrainingRequest, on device: Device = .cpu, at place: RankPlace = .alone, tensorLimit: Int? = nil
  ) {
    self.init(
      request, place, device, request.precision,
      engineThreads: request.engineThreads ?? place.share(of: CoreLimit.current.usable), batch: nil,
      tensorLimit: tensorLimit, learnedFile: nil, levels: nil, tiling: request.tiling)
  }

  private init(
    _ request: TrainingRequest, _ place: RankPlace, _ device: Device, _ precision: Precision,
    engineThreads: Int, batch: Int?, tensorLimit: Int?, learnedFile: LearnedSettingFile?,
    levels: Levels?, tiling: Tiling?
  ) {
    (self.request, self.place, self.device, self.precision) = (request, place, device, precision)
    self.engineThreads = engineThreads
    (foundBatch, self.tensorLimit, self.learnedFile) = (batch, tensorLimit, learnedFile)
    self.levels = levels
    self.tiling = tiling
  }

  /// The same plan with new results; nil keeps the old value.
  package func with(
    batch: Int? = nil, place: RankPlace? = nil, precision: Precision? = nil, tensorLimit: Int? = nil,
    learnedFile: LearnedSettingFile? = nil
  ) -> RunPlan {
    RunPlan(
      request, place ?? self.place, device, precision ?? self.precision, engineThreads: engineThreads,
      batch: batch ?? foundBatch,
      tensorLimit: tensorLimit ?? self.tensorLimit, learnedFile: learnedFile ?? self.learnedFile,
      levels: levels, tiling: tiling)
  }

  /// The same plan for opened images: `window` maps their levels if they have more than 8 bits.
  package func with(window: LevelWindow, of source: any ImageSource) -> RunPlan {
    RunPlan(
      request, place, device, precision, engineThreads: engineThreads, batch: foundBatch, tensorLimit: tensorLimit,
      learnedFile: learnedFile, levels: source.depth == .bytes ? Levels.none : .window(window), tiling: tiling)
  }

  /// The same plan with the side that `TileDecision` chose; nil for whole images.
  package func with(tileSide: Int?) -> RunPlan {
    RunPlan(
      request, place, device, precision, engineThreads: engineThreads, batch: foundBatch, tensorLimit: tensorLimit,
      learnedFile: learnedFile, levels: levels, tiling: tileSide.map(request.tiling(side:)))
  }

  /// A requested setting that needs no search.
  package subscript<Value>(dynamicMember path: KeyPath<TrainingRequest, Value>) -> Value { request[keyPath: path] }

  /// Images per step, of all ranks together.
  package var batch: Int { foundBatch ?? request.batch ?? Self.draftBatch }

  /// Images per step of this process.
  package var ownBatch: Int { batch / place.count }

  /// The request with this plan's results filled in.
  package var settled: TrainingRequest {
    var settled = request
    settled.precision = precision
    settled.batch = foundBatch ?? request.batch
    settled.engineThreads = engineThreads
    settled.tile = tiling.map { .side($0.side) }
    switch levels {
    case nil: break
    case .some(.none): settled.levels = LevelOptions()
    case .window(let window): (settled.levels.window, settled.levels.curve) = (window, window.curve)
    }
    return settled
  }

  /// Sets thread count and determinism of this process's engine. Throws `EngineError`.
  package func adopt() throws {
    try Engine.setThreadCount(engineThreads)
    if device != .cpu { try Engine.setDeterministic(request.deterministic) }
  }

  /// The largest common norm of the gradients of one update, as in the reference trainer.
  static let gradientNorm = 10.0

  /// Numbers of workers that the tuner may choose: up to the cores that the engine leaves.
  var workerRange: ClosedRange<Int> {
    let most = loader(.validation, workers: request.workers, prefetchDepth: 1).workers
    return request.tunesLoader ? 1...most : most...most
  }

  /// Prefetch depths that the tuner may choose.
  var prefetchRange: ClosedRange<Int> {
    request.tunesLoader ? 1...64 : request.prefetchDepth...request.prefetchDepth
  }

  /// Throws `SettingError` for the first value that is out of its range, or that this rank or device does not allow.
  package func check() throws {
    try request.check()
    if let batch = foundBatch ?? request.batch, batch % place.count != 0 {
      throw SettingError(
        "\(setting: "batch") \(batch): it counts the images of all \(place.count) ranks; give a multiple of \(place.count)"
      )
    }
    try PrecisionPolicy(precision, on: device).check()
  }
}
