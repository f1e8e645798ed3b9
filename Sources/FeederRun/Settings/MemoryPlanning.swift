import FeederCache
import FeederCore
import FeederDatasets
import FeederTraining

/// What `feeder train` asks of the memory planner before it makes a run folder.
package struct MemoryPlanning {
  private let dataset: Dataset
  private let train: any ImageSource
  private let validation: any ImageSource
  private let loaderBudget: Int

  /// For a run over these sources whose loaders may take `loaderBudget` bytes.
  package init(_ dataset: Dataset, train: any ImageSource, validation: any ImageSource, _ loaderBudget: Int) {
    self.dataset = dataset
    self.train = train
    self.validation = validation
    self.loaderBudget = loaderBudget
  }

  /// The plan with a batch: the largest that fits, said aloud, if the request asks for that.
  ///
  /// Of several ranks each finds what fits for itself, and the least of all counts.
  package func withBatch(_ settings: RunPlan, _ ranks: Ranks?) throws -> RunPlan {
    guard settings.request.batch == nil else { return settings }
    let own = settings.with(
      place: RankPlace(localRank: settings.place.localRank, localCount: settings.place.localCount))
    let choice = try BatchFinder(
      own, classCount: dataset.classNames.count, memory: memory(own),
      capacity: settings.memoryCapacity(), imageCount: train.count
    ).find(note: Terminal.say)
    Terminal.say(choice.line)
    return settings.with(
      batch: try (ranks?.least(choice.batch) ?? choice.batch) * settings.place.count, tensorLimit: choice.tensorLimit)
  }

  private func memory(_ settings: RunPlan) -> RunMemory {
    RunMemory(
      settings, classCount: dataset.classNames.count, train: train, validation: validation, loaderBudget: loaderBudget)
  }

  /// Prints the plan for `settings` layer by layer.
  package func print(_ settings: RunPlan, json: Bool) throws {
    let plan = try memory(settings).expected()
    let layers = plan.layers.map { "  \($0.name): \(ByteCount($0.byteCount))" }
    try Terminal.show([plan.line] + layers, json: json, Report(plan, settings))
  }

  private struct Report: Encodable {
    let model: String
    let batch: Int
    let imageSize: Int
    let precision: String
    let device: String
    let boxesPerImage: Int
    let weightsBytes: Int
    let gradientsBytes: Int
    let optimizerBytes: Int
    let averageBytes: Int
    let activationsBytes: Int
    let lossBytes: Int
    let workspaceBytes: Int
    let slotsBytes: Int
    let mappedBytes: Int
    let stepBytes: Int
    let growthBytes: Int
    let layers: [Layer]

    struct Layer: Encodable {
      let name: String
      let bytes: Int
    }

    init(_ plan: MemoryPlan, _ settings: RunPlan) {
      model = settings.model.name
      batch = settings.batch
      imageSize = settings.imageSize
      precision = settings.precision.rawValue
      device = "\(settings.device)"
      boxesPerImage = plan.boxes
      weightsBytes = plan.weightByteCount
      gradientsBytes = plan.gradientByteCount
      optimizerBytes = plan.optimizerByteCount
      averageBytes = plan.averageByteCount
      activationsBytes = plan.activationByteCount
      lossBytes = plan.lossByteCount
      workspaceBytes = plan.workspaceByteCount
      slotsBytes = plan.slotByteCount
      mappedBytes = plan.mappedByteCount
      stepBytes = plan.stepByteCount
      growthBytes = plan.growthByteCount
      layers = plan.layers.map { Layer(name: $0.name, bytes: $0.byteCount) }
    }
  }
}
