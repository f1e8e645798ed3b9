import FeederDetection
import FeederTorch
import Testing

@testable import FeederTraining

@Suite("A batch in parts gives the gradients of the whole batch", .serialized)
struct BatchPartsTests {
  /// libtorch's error for missing memory.
  private static func outOfMemory() throws -> EngineError {
    try #require(throws: EngineError.self) { try Tensor.zeros([1 << 50]) }
  }

  @Test("Parts are nearly equal, in order, and hold every image once", arguments: [1, 2, 5, 16, 17], [1, 2, 3, 8, 32])
  func ranges(imageCount: Int, largest: Int) {
    let parts = BatchParts(of: "a test", on: .cpu)
    #expect(parts.ranges(imageCount) == [0..<imageCount])
    parts.largestPart = largest
    let ranges = parts.ranges(imageCount)
    #expect(ranges.flatMap { Array($0) } == Array(0..<imageCount))
    let sizes = ranges.map(\.count)
    #expect((sizes.max() ?? 0) <= largest && (sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
  }

  @Test("Missing memory halves the parts until the work fits, and later batches start with that size")
  func halving() throws {
    let parts = BatchParts(of: "a test", on: .cpu)
    var (notes, sizes): ([String], [Int]) = ([], [])
    parts.onSplit = { notes.append($0) }
    for _ in 0..<2 {
      try parts.run(16) { ranges in
        sizes.append(ranges[0].count)
        if ranges[0].count > 4 { throw try Self.outOfMemory() }
      }
    }
    #expect(sizes == [16, 8, 4, 4])
    #expect(notes.count == 2 && notes[0].contains("in parts of 8"))
  }

  @Test("Parts known to be needed are small from the start, and a line says so; batches that may not be cut stay whole")
  func begin() throws {
    let parts = BatchParts(of: "a test", on: .cpu)
    var notes: [String] = []
    parts.onSplit = { notes.append($0) }
    parts.begin(with: 3, of: 8)
    #expect(try parts.run(8) { $0.map(\.count) } == [2, 3, 3])
    #expect(notes.count == 1 && notes[0].contains("a test of 8 images") && notes[0].contains("in parts of 3"))
    let whole = BatchParts(of: "a test", on: .cpu)
    whole.maySplit = false
    whole.begin(with: 3, of: 8)
    #expect(try whole.run(8) { $0.map(\.count) } == [8])
  }

  @Test("One image that does not fit, or a batch that may not be cut, is an error that says what to do")
  func tooMuch() throws {
    let parts = BatchParts(of: "a test", on: .cpu)
    let one = #expect(throws: TrainingError.self) { try parts.run(4) { _ in throw try Self.outOfMemory() } }
    #expect(one?.description.contains("a test of one image") == true)
    #expect(one?.description.contains("image_size") == true)
    parts.largestPart = nil
    parts.maySplit = false
    let whole = #expect(throws: TrainingError.self) { try parts.run(4) { _ in throw try Self.outOfMemory() } }
    #expect(whole?.description.contains("of 4 images") == true)
  }

  private func step(_ name: String = "yolov8n", seed: UInt64 = 1) throws -> TrainingStep {
    try TrainingStep(
      model: DetectionNetwork(#require(ModelDesign(named: name)), classCount: 3, seed: seed), rule: .sgd,
      weightDecay: 0,
      precision: .fp32, device: .cpu, seed: 1)
  }

  private func gradients(_ step: TrainingStep) throws -> [[Float]] {
    try step.optimizer.parameters.map { try $0.gradient()?.array() ?? [] }
  }

  /// Four images; the last two equal the first two. So each half has the batch statistics of the whole.
  private func batch() throws -> (images: Tensor, targets: [TargetBox]) {
    var values = [Float](repeating: 0, count: 2 * 3 * 64 * 64)
    for place in values.indices {
      let mixed = (place * 7919 + 13) % 1009
      values[place] = Float(mixed) / 1009
    }
    let half = try Tensor(values, shape: [2, 3, 64, 64])
    var targets: [TargetBox] = []
    for image in 0..<4 {
      for box in 0..<(image % 2 == 0 ? 1 : 5) {
        let x = 0.2 + 0.15 * Float(box)
        targets.append(TargetBox(imageIndex: image, classID: box % 3, x: x, y: 0.4, width: 0.3, height: 0.25))
      }
    }
    return (try Tensor.concatenated([half, half], along: 0).contiguous(.channelsLast), targets)
  }

  @Test(
    "Two halves give the losses and gradients of the whole, with gradients of an earlier batch waiting",
    arguments: ["yolov8n", "yolov8n-p2"])
  func sameGradients(name: String) throws {
    let (images, targets) = try batch()
    let (whole, halves) = (try step(name), try step(name))
    halves.parts.largestPart = 2
    for _ in 0..<2 {
      let a: [Float] = try whole.accumulate(images, targets: targets).array()
      let b: [Float] = try halves.accumulate(images, targets: targets).array()
      for (x, y) in zip(a, b) { #expect(abs(x - y) <= 1e-4 * abs(x)) }
    }
    #expect(whole.pendingCount == 2 && halves.pendingCount == 2)
    var movedCount = 0
    for (a, b) in zip(try gradients(whole), try gradients(halves)) {
      var (norm, difference): (Float, Float) = (0, 0)
      for (x, y) in zip(a, b) {
        norm += x * x
        difference += (x - y) * (x - y)
      }
      (norm, difference) = (norm.squareRoot(), difference.squareRoot())
      #expect(difference <= 1e-3 * norm, "\(difference) of \(norm)")
      if norm > 0 { movedCount += 1 }
    }
    // The levels without a box learn nothing about sides.
    #expect(movedCount > 100)
  }

  @Test("A batch that fails half-way leaves gradients and statistics as they were")
  func undone() throws {
    let (images, targets) = try batch()
    let step = try step()
    _ = try step.accumulate(images, targets: targets)
    func numbers() throws -> [[Float]] { try step.model.state.map { try $0.tensor.array() } }
    let state = try numbers()
    let before = try gradients(step)
    let undo = try StepUndo(step.model.state)
    #expect(throws: CancellationError.self) {
      try undo { learned in
        let total = try step.model(images, training: true).reduce(Tensor.zeros([])) { try $0 + $1.sum() }
        try total.backward()
        #expect(try learned[0].gradient() != nil)
        throw CancellationError()
      }
    }
    #expect(try gradients(step) == before)
    #expect(try numbers() == state)
  }
}
