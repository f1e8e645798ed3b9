import FeederCore
import FeederTraining

/// The answer of `feeder train --plan`: the memory of a run, layer by layer.
struct MemoryReport: Encodable {
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

  init(_ memory: MemoryPlan, _ plan: RunPlan) {
    model = plan.model.name
    batch = plan.batch
    imageSize = plan.imageSize
    precision = plan.precision.rawValue
    device = "\(plan.device)"
    boxesPerImage = memory.boxes
    weightsBytes = memory.weightByteCount
    gradientsBytes = memory.gradientByteCount
    optimizerBytes = memory.optimizerByteCount
    averageBytes = memory.averageByteCount
    activationsBytes = memory.activationByteCount
    lossBytes = memory.lossByteCount
    workspaceBytes = memory.workspaceByteCount
    slotsBytes = memory.slotByteCount
    mappedBytes = memory.mappedByteCount
    stepBytes = memory.stepByteCount
    growthBytes = memory.growthByteCount
    layers = memory.layers.map { Layer(name: $0.name, bytes: $0.byteCount) }
  }

  /// Prints the plan of `memory` for people, or as JSON.
  static func print(_ memory: MemoryPlan, _ plan: RunPlan, json: Bool) throws {
    let layers = memory.layers.map { "  \($0.name): \(ByteCount($0.byteCount))" }
    try Terminal.show([memory.line] + layers, json: json, MemoryReport(memory, plan))
  }
}
