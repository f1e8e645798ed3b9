import BoardSupport
import FeederCache
import FeederCore
import FeederDetection
import FeederLoader
import FeederTorch
import Foundation
import Testing

@testable import FeederTraining

@Suite("The validation losses are the training loss on the validation batches")
struct ValidationLossTests {
  /// Ten boards of 64 x 64 pixels, two without an object, in batches of `batch`.
  private struct Scene {
    let boards: TemporaryBoards
    let source: DirectSource
    let settings: LoaderSettings

    init(batch: Int = 4) throws {
      boards = try TemporaryBoards(count: 10)
      source = DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 64)
      settings = LoaderSettings(batch: batch, imageSize: 64, mode: .validation, workers: 1, prefetchDepth: 1)
    }

    /// The mean losses of a pass of `model`, in parts of at most `largestPart` images.
    func means(_ model: DetectionNetwork, largestPart: Int? = nil, ranks: Ranks? = nil) throws -> [Double] {
      var settings = settings
      if let ranks {
        (settings.rank, settings.rankCount) = (ranks.place.rank, ranks.place.count)
        settings.batch /= ranks.place.count
      }
      let loss = ValidationLoss()
      let validator = try Validator(
        source: source, settings: settings, device: .cpu, precision: .fp32, ranks: ranks, loss: loss)
      validator.parts.largestPart = largestPart
      _ = try #require(try validator(model))
      return try loss.means(over: ranks)
    }
  }

  private func expectEqual(_ left: [Double], _ right: [Double], _ comment: Comment? = nil) {
    #expect(left.count == 3 && right.count == 3, comment)
    for (l, r) in zip(left, right) { #expect(abs(l - r) <= 1e-5 * max(abs(r), 1e-3), comment) }
  }

  @Test("They are the mean of the batches' losses, and a pass leaves the network unchanged")
  func mean() throws {
    let scene = try Scene()
    let model = try DetectionNetwork(.yolov8n, classCount: 3, seed: 1)
    let before = try model.state.map { try $0.tensor.to(.float32).array() }
    let loader = try Loader(source: scene.source, settings: scene.settings)
    let anchors = try Anchors(ModelDesign.yolov8n.strides, height: 64, width: 64)
    var wanted = [0.0, 0, 0]
    loader.startEpoch(0)
    while let batch = try loader.nextBatch() {
      let (images, targets) = (try batch.networkInput(on: .cpu), batch.targetBoxes)
      batch.release()
      let items = try withoutGradients {
        try DetectionLoss()(
          HeadOutput(levels: model(images, training: false), classCount: 3), anchors: anchors, targets: targets,
          height: 64, width: 64
        ).items.array()
      }
      wanted = zip(wanted, items).map { $0 + Double($1) / Double(loader.batchCount) }
    }
    #expect(loader.batchCount == 3 && wanted.allSatisfy { $0 > 0 })
    expectEqual(try scene.means(model), wanted)
    #expect(try model.state.map { try $0.tensor.to(.float32).array() } == before)
  }

  @Test("They do not depend on how memory cuts a batch", arguments: [1, 3])
  func parts(largestPart: Int) throws {
    let scene = try Scene()
    let model = try DetectionNetwork(.yolov8n, classCount: 3, seed: 1)
    expectEqual(try scene.means(model, largestPart: largestPart), try scene.means(model))
  }

  @Test("Two ranks find what one process finds")
  func ranks() throws {
    let scene = try Scene()
    let alone = try scene.means(DetectionNetwork(.yolov8n, classCount: 3, seed: 1))
    let all = try withRanks(2) { ranks in
      try Scene().means(DetectionNetwork(.yolov8n, classCount: 3, seed: 1), ranks: ranks)
    }
    #expect(all.count == 2)
    for means in all { expectEqual(means, alone) }
  }

  @Test("Images without an object have no box or distribution loss, and every loss is finite")
  func empty() throws {
    let boards = try TemporaryBoards(count: 10)
    let empty = boards.entries.enumerated().filter { $0.offset % 5 == 4 }.map(\.element)
    let source = DirectSource(try SourceSurvey(empty), channels: 1, imageSize: 64)
    let loss = ValidationLoss()
    let settings = LoaderSettings(batch: 2, imageSize: 64, mode: .validation, workers: 1, prefetchDepth: 1)
    let validator = try Validator(source: source, settings: settings, device: .cpu, precision: .fp32, loss: loss)
    _ = try validator(DetectionNetwork(.yolov8n, classCount: 3, seed: 1))
    let means = try loss.means(over: nil)
    #expect(means[0] == 0 && means[2] == 0)
    #expect(means[1] > 0 && means[1].isFinite)
  }

  @Test("A part holds all images that its memory allows, at least one, and each image once")
  func partSizes() {
    let memory = LossMemory(anchorCount: 8400, classCount: 6, binCount: 16)
    func parts(_ boxes: [Int]) -> [Range<Int>] { ValidationLoss.parts(boxes, memory) }
    #expect(parts([]) == [])
    #expect(parts(Array(repeating: 5, count: 10)) == [0..<10])
    // 1,000 boxes per image take 260 MB: such an image is a part of its own, and its neighbours are in other parts.
    #expect(parts([5, 5, 1000, 5, 5, 1000, 1000]) == [0..<2, 2..<3, 3..<5, 5..<6, 6..<7])
    for boxes in [0, 30, 100] {
      for part in parts(Array(repeating: boxes, count: 64)) {
        let bytes = memory.byteCount(images: part.count, boxes: boxes)
        #expect(bytes <= ValidationLoss.partByteCount || part.count == 1)
      }
    }
  }

  @Test("The memory plan counts validation images with far more boxes than training images have")
  func plan() {
    func tensors(_ boxes: Int, _ validationBoxes: Int) -> Int {
      var settings = TrainingRequest()
      (settings.model, settings.batch, settings.imageSize) = (.yolov8n, 4, 640)
      return MemoryPlan(
        RunPlan(settings), rule: .adamw, classCount: 6,
        load: MemoryPlan.Load(boxes: boxes, validationBoxes: validationBoxes)
      ).stepByteCount
    }
    #expect(tensors(17, 17) == tensors(17, 0))
    let image = LossMemory(anchorCount: 8400, classCount: 6, binCount: 16).byteCount(images: 1, boxes: 20_000)
    #expect(tensors(17, 20_000) > image && tensors(17, 20_000) > tensors(17, 17))
  }
}
