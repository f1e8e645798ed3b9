import BoardSupport
import FeederCache
import FeederCore
import FeederDetection
import FeederLoader
import FeederTorch
import FeederWeights
import Foundation
import Testing

@testable import FeederTraining

@Suite("Half precision stops the run when it must, and its faults are found and named", .serialized)
struct PrecisionTests {
  private static let halves: [Precision] = [.bf16, .fp16]

  private static func gpu(_ major: Int, _ minor: Int, _ cores: Int?) -> PrecisionPolicy.GPU {
    PrecisionPolicy.GPU(capability: .init(major, minor), tensorCoreGeneration: cores)
  }

  // MARK: - Policy

  @Test("auto follows the Tensor Cores, and the user's own choice stands")
  func choice() {
    for (gpu, expected) in [
      (Self.gpu(6, 1, nil), Precision.fp32), (Self.gpu(7, 0, 1), .fp16), (Self.gpu(7, 5, 2), .fp16),
      (Self.gpu(7, 5, nil), .fp32), (Self.gpu(8, 0, 3), .bf16), (Self.gpu(9, 0, 4), .bf16),
    ] {
      let policy = PrecisionPolicy(.auto, on: .cuda(0), gpu: gpu)
      #expect(policy.precision == expected && policy.reason?.contains("\(gpu.capability)") == true)
      for asked in Precision.allCases where asked != .auto {
        let policy = PrecisionPolicy(asked, on: .cuda(0), gpu: gpu)
        #expect(policy.precision == asked && policy.reason == nil)
      }
    }
    #expect(PrecisionPolicy(.auto, on: .cpu).precision == .fp32)
    #expect(PrecisionPolicy(.auto, on: .cuda(0), gpu: nil).precision == .fp32)
  }

  @Test("A precision is an autocast type, a loss scale and TF32, or none of them")
  func meaning() {
    let facts = Precision.allCases.map { precision in
      let policy = PrecisionPolicy(precision, on: .cuda(0), gpu: Self.gpu(7, 5, 2))
      return "\(policy.autocastType.map { "\($0)" } ?? "-") \(policy.scalesLoss) \(policy.allowsTF32)"
    }
    // On this device, auto is fp16.
    #expect(
      facts == ["float16 true false", "- false false", "- false true", "float16 true false", "bfloat16 false false"])
  }

  @Test("TF32 is refused if the device lacks it or is unknown")
  func tf32() throws {
    let places: [(Device, PrecisionPolicy.GPU?)] = [(.cpu, nil), (.cuda(0), nil), (.cuda(0), Self.gpu(7, 5, 2))]
    for (device, gpu) in places {
      let error = #expect(throws: SettingError.self) {
        try PrecisionPolicy(.tf32, on: device, gpu: gpu).check()
      }
      #expect(error?.description.hasPrefix("precision tf32") == true && error?.description.contains("fp32") == true)
    }
    try PrecisionPolicy(.tf32, on: .cuda(0), gpu: Self.gpu(8, 0, 3)).check()
  }

  // MARK: - Validation

  @Test("A run validates in its own precision, including the losses", arguments: [Precision.fp32, .bf16])
  func validation(_ precision: Precision) throws {
    let boards = try TemporaryBoards(count: 6)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
    var request = TrainingRequest()
    (request.imageSize, request.batch, request.workers, request.epochs) = (64, 4, 1, 1)
    (request.engineThreads, request.precision) = (Engine.threadCount, precision)
    let settings = RunPlan(request, tensorLimit: .max)
    let trainer = try Trainer(
      settings: settings, classNames: ["a", "b", "c"], trainSource: source, validationSource: source,
      weightsFolder: boards.folder, resume: false, memoryBudget: nil, observer: TrainingObservers([]),
      isCancelled: { false })
    var outputs: [ElementType] = []
    // Only validation uses the EMA's network.
    let outcome = try trainer.step.averagedModel.observing({ outputs.append($1.type) }) { try trainer.run() }
    #expect(outcome == .finished)
    let type = PrecisionPolicy(precision, on: .cpu).autocastType ?? .float32
    #expect(outputs.count > 100 && outputs.allSatisfy { $0 == type })
  }

  // In its own process, because the setting holds for a whole process.
  @Test("Deterministic kernels change no byte of a step on the CPU")
  func deterministic() async {
    await #expect(processExitsWith: .success) {
      func gradients(_ isDeterministic: Bool) throws -> [[Float]] {
        try Engine.setDeterministic(isDeterministic)
        let step = try Self.step(.fp32)
        let (images, targets) = try Self.batch()
        _ = try step.accumulate(images, targets: targets)
        return try step.optimizer.parameters.compactMap { try $0.gradient()?.array() }
      }
      let plain = try gradients(false)
      #expect(plain.count > 100)
      #expect(try gradients(true) == plain)
    }
  }

  // MARK: - Islands

  private static func step(_ precision: Precision, seed: UInt64 = 3) throws -> TrainingStep {
    try TrainingStep(
      model: DetectionNetwork(.yolov8n, classCount: 3, seed: seed), rule: .sgd, weightDecay: 0, precision: precision,
      device: .cpu,
      seed: seed)
  }

  private static func batch(_ number: Int = 0, count: Int = 2) throws -> (images: Tensor, targets: [TargetBox]) {
    let values = (0..<count * 3 * 64 * 64).map { Float((($0 + 77 * number) * 7919 + 13) % 1009) / 1009 }
    let images = try Tensor(values, shape: [count, 3, 64, 64]).contiguous(.channelsLast)
    let targets = (0..<count * 2).map { place in
      TargetBox(
        imageIndex: place / 2, classID: (place + number) % 3, x: 0.25 + 0.5 * Float(place % 2), y: 0.4, width: 0.4,
        height: 0.5)
    }
    return (images, targets)
  }

  private static let point = LearningRateSchedule.Point(
    weightRate: 0.01, biasRate: 0.01, momentum: 0.9, accumulation: 1)

  @Test(
    "Convolutions give the half type; heads, losses, statistics, gradients, optimizer and EMA stay float32",
    arguments: halves)
  func islands(_ precision: Precision) throws {
    let step = try Self.step(precision)
    let type = try #require(PrecisionPolicy(precision, on: .cpu).autocastType)
    let (images, targets) = try Self.batch()
    var outputs: [ElementType] = []
    try step.model.observing({ outputs.append($1.type) }) {
      let levels = try withAutocast(type, on: .cpu) { try step.model(images, training: true) }
      #expect(levels.allSatisfy { $0.type == type })
      let output = try HeadOutput(levels: levels, classCount: 3)
      let anchors = try step.anchors(height: 64, width: 64)
      #expect(output.boxLogits.type == .float32 && output.classLogits.type == .float32)
      #expect(try output.distances().type == .float32 && output.boxes(anchors).type == .float32)
      #expect(try output.predictions(anchors).type == .float32)
      #expect(try step.forward(images, targets).total.type == .float32)
    }
    let convolutions = step.model.state.filter { $0.kind == .convolution }.count
    #expect(outputs == [ElementType](repeating: type, count: 2 * convolutions))

    #expect(try step.accumulate(images, targets: targets).type == .float32)
    let gradients = try step.optimizer.parameters.compactMap { try $0.gradient() }
    #expect(gradients.count > 100 && gradients.allSatisfy { $0.type == .float32 })
    try step.update(Self.point)
    for entry in step.model.state + step.averagedModel.state {
      #expect(entry.tensor.type == (entry.kind == .counter ? .int64 : .float32), "\(entry.name)")
    }
    #expect(step.optimizer.state.allSatisfy { $0.tensor.type == .float32 })
  }

  // MARK: - Overflow

  /// A layer whose output overflows float16 but not float32; the norm after it removes the factor.
  private static let hotLayer = "model.4.m.0.cv2.conv"

  private static func hotModel() throws -> DetectionNetwork {
    let model = try DetectionNetwork(.yolov8n, classCount: 3, seed: 3)
    let entry = try #require(model.state.first { $0.name == hotLayer + ".weight" })
    try withoutGradients { try entry.tensor.copy(from: entry.tensor * 1e6) }
    return model
  }

  @Test("The layer whose output overflows is named, and the search leaves no trace")
  func output() throws {
    let step = try TrainingStep(
      model: Self.hotModel(), rule: .sgd, weightDecay: 0, precision: .fp16, device: .cpu, seed: 3)
    let (images, targets) = try Self.batch()
    func numbers() throws -> [[Float]] { try step.model.state.map { try $0.tensor.detach().to(.float32).array() } }
    let before = try numbers()
    #expect(try OverflowSearch.place(in: step, images, targets) == "the output of \(Self.hotLayer)")
    #expect(try numbers() == before)
    #expect(try step.optimizer.parameters.allSatisfy { try $0.gradient() == nil })
    let sane = try Self.step(.bf16)
    #expect(try OverflowSearch.place(in: sane, images, targets) == nil)
  }

  @Test("A gradient that overflows only because of its scale is named by its parameter")
  func gradient() throws {
    let step = try Self.step(.fp16)
    let (images, targets) = try Self.batch()
    try #require(step.scaler).scale.fill(1e30)
    let place = try #require(try OverflowSearch.place(in: step, images, targets))
    #expect(place.hasPrefix("the gradient of model.22."), "\(place)")
  }

  private static func source() throws -> (boards: TemporaryBoards, source: any ImageSource) {
    let boards = try TemporaryBoards(count: 6)
    let survey = try SourceSurvey(boards.entries)
    return (boards, DirectSource(survey, channels: 1, imageSize: 64))
  }

  private static func settings() -> TrainingRequest {
    var settings = TrainingRequest()
    settings.imageSize = 64
    settings.batch = 2
    (settings.workers, settings.engineThreads) = (1, 1)
    return settings
  }

  @Test("A trial on the user's images accepts a precision that works, and names the layer if it does not")
  func trial() throws {
    let (boards, source) = try Self.source()
    try withExtendedLifetime(boards) {
      let probe = PrecisionProbe(RunPlan(Self.settings()), classCount: 3, source: source)
      for gpu in [Self.gpu(7, 5, 2), Self.gpu(9, 0, 4)] {
        let policy = PrecisionPolicy(.auto, on: .cuda(0), gpu: gpu)
        let choice = try probe.choose(policy, nil)
        #expect(choice.precision == policy.precision && choice.line.contains("a trial on this data"))
      }
      #expect(
        try probe.objection(to: .fp16, of: Self.hotModel()) == "fp16: the output of \(Self.hotLayer) leaves its range")
      #expect(try probe.objection(to: .bf16, of: Self.hotModel()) == nil)

      let path = boards.folder.appending(path: "hot.safetensors").path
      let hot = try Self.hotModel()
      try WeightsWriter.write(
        hot.state.map { ($0.name, $0.tensor) }, metadata: ["model": "yolov8n", "names": "[\"a\",\"b\",\"c\"]"], to: path
      )
      var settings = Self.settings()
      settings.startWeights = path
      let choice = try PrecisionProbe(RunPlan(settings), classCount: 3, source: source)
        .choose(PrecisionPolicy(.auto, on: .cuda(0), gpu: Self.gpu(7, 5, 2)), nil)
      #expect(choice.precision == .fp32 && choice.line.contains("fp16: the output of \(Self.hotLayer)"))
    }
  }

  @Test(
    "A trial that fails on one of two ranks makes both take fp32: one names its layer, the other the failure elsewhere"
  )
  func trialOfRanks() throws {
    let (boards, source) = try Self.source()
    let path = boards.folder.appending(path: "hot.safetensors").path
    try WeightsWriter.write(
      Self.hotModel().state.map { ($0.name, $0.tensor) },
      metadata: ["model": "yolov8n", "names": "[\"a\",\"b\",\"c\"]"], to: path)
    let policy = PrecisionPolicy(.auto, on: .cuda(0), gpu: Self.gpu(7, 5, 2))
    func lines(hotRank: Int?) throws -> [[String]] {
      try withRanks(2) { ranks in
        var settings = Self.settings()
        if ranks.place.rank == hotRank { settings.startWeights = path }
        let choice = try PrecisionProbe(RunPlan(settings), classCount: 3, source: source).choose(policy, ranks)
        return ["\(choice.precision)", choice.line]
      }
    }
    try withExtendedLifetime(boards) {
      let failed = try lines(hotRank: 1)
      #expect(failed.map { $0[0] } == ["fp32", "fp32"])
      #expect(failed[0][1] == "fp32 (a trial on this data: fp16 fails on another rank)")
      #expect(failed[1][1] == "fp32 (a trial on this data: fp16: the output of \(Self.hotLayer) leaves its range)")
      #expect(try lines(hotRank: nil).map { $0[0] } == ["fp16", "fp16"])
    }
  }

  // MARK: - Loss scaling

  @Test("A step that overflows is skipped: weights and optimizer stay, the scale halves, and finite steps let it grow")
  func skipped() throws {
    let step = try Self.step(.fp16)
    let scaler = try #require(step.scaler)
    let (images, targets) = try Self.batch()
    try scaler.scale.fill(1024)
    func numbers() throws -> [[Float]] {
      try step.optimizer.parameters.map { try $0.detach().array() } + step.optimizer.state.map { try $0.tensor.array() }
    }
    _ = try step.accumulate(images, targets: targets)
    let gradient = try #require(try step.optimizer.parameters[5].gradient())
    try gradient.fill(.infinity)
    let before = try numbers()
    #expect(try step.update(Self.point) == nil)
    #expect(try numbers() == before)
    #expect(try scaler.scale.item() == 512 && scaler.growthTracker.item() == 0)
    #expect(try step.optimizer.parameters.allSatisfy { try $0.gradient() == nil })

    try scaler.growthTracker.fill(1998)
    for expected in [512.0, 1024] {
      _ = try step.accumulate(images, targets: targets)
      #expect(try step.update(Self.point) != nil)
      #expect(try scaler.scale.item() == expected)
    }
    #expect(try numbers() != before)
  }

  @Test("An infinity on one of two ranks makes both skip, and their scales and weights stay equal")
  func foundOnOneRank() throws {
    let facts = try withRanks(2) { ranks -> [Double] in
      let step = try TrainingStep(
        model: DetectionNetwork(.yolov8n, classCount: 3, seed: 3), rule: .sgd, weightDecay: 0, precision: .fp16,
        device: .cpu, seed: 3,
        ranks: ranks)
      let scaler = try #require(step.scaler)
      try scaler.scale.fill(1024)
      var scales: [Double] = []
      for number in 0..<3 {
        let (images, targets) = try Self.batch(2 * number + ranks.place.rank)
        // A pixel that is not finite, on rank 1 in the second step.
        let isPlanted = number == 1 && ranks.place.rank == 1
        _ = try step.accumulate(isPlanted ? images * .infinity : images, targets: targets)
        let isSkipped = try step.update(Self.point) == nil
        scales += [try scaler.scale.item(), isSkipped ? 1 : 0]
      }
      try ranks.checkEqual(step.model.state.filter(\.kind.isLearned), "after three steps")
      return scales
    }
    #expect(facts[0] == facts[1])
    #expect(facts[0] == [1024, 0, 512, 1, 512, 0])
  }

  // MARK: - Runs

  private final class Notes: TrainingObserver {
    var lines: [String] = []
    var losses: [Double] = []
    func stepDone(_ report: StepReport) { losses.append(report.losses.reduce(0, +)) }
    func validationStepDone(_ done: Int, of total: Int) {}
    func epochDone(_ report: EpochReport) throws {}
    func note(_ line: SettingLine) { lines.append(line.description) }
  }

  /// Largest allowed difference of a mean loss in 20 steps from the one in float32, as a share. It is wide because each
  /// step starts from the last one's difference; docs/precision.md has the curves.
  private static let band = 0.05

  @Test("The mean losses of 20 steps in half precision stay close to those in float32")
  func curve() throws {
    let boards = try TemporaryBoards(count: 80, sizes: [PixelSize(width: 128, height: 128)])
    let source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 128)
    func losses(_ precision: Precision) throws -> [Double] {
      var settings = Self.settings()
      (settings.imageSize, settings.batch, settings.nominalBatch) = (128, 4, 4)
      (settings.stopAfterSteps, settings.precision) = (20, precision)
      let notes = Notes()
      let trainer = try Trainer(
        settings: RunPlan(settings), classNames: ["a", "b", "c"], trainSource: source, validationSource: source,
        weightsFolder: boards.folder, resume: false, memoryBudget: nil, observer: notes, isCancelled: { false })
      _ = try trainer.run()
      return notes.losses
    }
    let exact = try losses(.fp32)
    for precision in Self.halves {
      let half = try losses(precision)
      #expect(exact.count == 20 && half.count == 20)
      let worst = zip(exact, half).map { abs($1 / $0 - 1) }.max() ?? 1
      #expect(worst < Self.band, "\(precision): \(worst)")
      #expect(worst > 0, "\(precision): ran in float32")
    }
  }

  private static func train(_ settings: TrainingRequest, plant: (TrainingStep) throws -> Void) throws -> (
    error: String, notes: [String]
  ) {
    let (boards, source) = try source()
    var settings = settings
    settings.imageSize = 32
    settings.precision = .fp16
    settings.nominalBatch = 2
    settings.epochs = 20
    let notes = Notes()
    let trainer = try Trainer(
      settings: RunPlan(settings), classNames: ["a", "b", "c"], trainSource: source, validationSource: source,
      weightsFolder: boards.folder, resume: false, memoryBudget: nil, observer: notes, isCancelled: { false })
    try plant(trainer.step)
    let error = #expect(throws: TrainingError.self) { _ = try trainer.run() }
    return (error?.description ?? "", notes.lines)
  }

  @Test("A run whose activations overflow float16 ends at the next step with the layer's name")
  func hotRun() throws {
    let run = try Self.train(Self.settings()) { step in
      let hot = try Self.hotModel()
      for (mine, theirs) in zip(step.model.state, hot.state) {
        try withoutGradients { try mine.tensor.copy(from: theirs.tensor) }
      }
    }
    #expect(run.error.hasPrefix("the output of \(Self.hotLayer) leaves the range of float16 in a step of epoch 1: "))
    #expect(run.error.contains("precision bf16 or fp32") && !run.error.contains("\n"))
    #expect(run.notes.contains { $0.contains("the loss scale is now 32768") })
  }

  @Test("A run that only skips updates ends after 30 of them")
  func hopelessRun() throws {
    let run = try Self.train(Self.settings()) { try #require($0.scaler).scale.fill(3e38) }
    #expect(run.error.hasPrefix("the gradient of model.22.") && run.error.contains("30 steps in a row"), "\(run.error)")
    #expect(run.notes.count { $0.contains("the update is skipped") } == 30)
  }
}
