import FeederDetection
import FeederTorch
import Testing

@testable import FeederTraining

@Suite("The memory plan matches the real network")
struct MemoryPlanTests {
  private func plan(_ design: ModelDesign, batch: Int = 4, side: Int = 320, _ precision: Precision = .fp32)
    -> MemoryPlan
  {
    var settings = TrainingRequest()
    (settings.model, settings.batch, settings.imageSize, settings.precision) = (design, batch, side, precision)
    return MemoryPlan(RunPlan(settings), rule: .adamw, classCount: 6, load: MemoryPlan.Load(boxes: 17))
  }

  @Test(
    "The plan counts as many learned numbers and statistics as the network has",
    arguments: ["yolov8n", "yolov8s", "yolov8m", "yolov8n-p2", "yolov8s-p2"])
  func counts(name: String) throws {
    let design = try #require(ModelDesign(named: name))
    let plan = ActivationPlan(design, classCount: 6, batch: 1, imageSize: 64, elementByteCount: 4)
    let state = try DetectionNetwork(design, classCount: 6).state
    func count(_ isCounted: (StateKind) -> Bool) -> Int {
      state.filter { isCounted($0.kind) }.reduce(0) { $0 + $1.tensor.count }
    }
    #expect(plan.learnedCount == count(\.isLearned))
    #expect(plan.statisticCount == count { $0 == .runningStatistic })
    #expect(plan.convolutionCount == count { $0 == .convolution })
  }

  @Test("Twice the images take twice the activations, and half precision little more than half of them")
  func scaling() {
    let (four, eight) = (plan(.yolov8n), plan(.yolov8n, batch: 8))
    let ratio = Double(eight.activationByteCount) / Double(four.activationByteCount)
    #expect(abs(ratio - 2) < 0.01)
    let share = Double(plan(.yolov8n, .bf16).activationByteCount) / Double(four.activationByteCount)
    #expect(share > 0.5 && share < 0.7)
    #expect(four.weightByteCount == eight.weightByteCount)
  }

  @Test("The largest planned batch size fits, and the next one does not", arguments: [400, 900, 3000])
  func largest(mebibytes: Int) {
    let capacity = MemoryCapacity(byteCount: mebibytes << 20, reason: "in a test")
    let fitting = (1...200).filter { plan(.yolov8n, batch: $0).fits(capacity, on: .cpu) }
    #expect(fitting == Array(1...max(fitting.count, 1)), "what fits is every batch up to one")
    let largest = plan(.yolov8n, batch: fitting.count)
    #expect(largest.growthByteCount < capacity.byteCount)
    #expect(largest.growthByteCount > capacity.byteCount * 7 / 10, "and not much less than there is")
  }

  @Test("Under a limit of address space, kernels for every batch size leave less for tensors")
  func addressSpace() {
    let plan = plan(.yolov8n)
    let memory = MemoryCapacity(byteCount: 600 << 20, reason: "in a test")
    let space = MemoryCapacity(byteCount: 600 << 20, reason: "in a test", isAddressSpace: true)
    #expect(plan.tensorLimit(space, shapeCount: 1) < plan.tensorLimit(memory))
    #expect(plan.tensorLimit(space, shapeCount: 3) < plan.tensorLimit(space, shapeCount: 1))
    #expect(plan.fits(memory, shapeCount: 1) && !plan.exceeds(memory))
    let tiny = MemoryCapacity(byteCount: 8 << 20, reason: "in a test", isAddressSpace: true)
    #expect(plan.tensorLimit(tiny) == 0 && plan.exceeds(tiny))
  }
}
