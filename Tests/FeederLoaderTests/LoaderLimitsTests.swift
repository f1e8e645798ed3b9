import BoardSupport
import FeederCache
import FeederCodecs
import FeederCore
import FeederImaging
import Testing

@testable import FeederLoader

@Suite("Budgets, settings and damaged files have limits that are stated")
struct LoaderLimitsTests {
  @Test("the budget lowers depth, then workers, and below the minimum says what is needed")
  func budget() throws {
    var settings = LoaderSettings(batch: 4, imageSize: 64, mode: .validation, workers: 4, prefetchDepth: 6)
    func plan(_ budget: Int?) throws -> LoaderPlan {
      settings.memoryBudget = budget
      return try LoaderPlan(
        settings: settings, placeByteCount: settings.imageSize * settings.imageSize, scratchByteCount: 10_000,
        orderByteCount: 2 * EpochOrder.byteCount(imageCount: 500))
    }
    let free = try plan(nil)
    #expect(free.workers == 4 && free.prefetchDepth == 6)
    #expect(free.slotByteCount == 4 * 64 * 64 && free.slotCost > free.slotByteCount && free.workerCost > 10_000)
    #expect(free.byteCount == 7 * free.slotCost + 4 * free.workerCost + free.fixedCost)
    #expect(try plan(free.byteCount).byteCount == free.byteCount)
    for budget in [
      free.byteCount - 1, free.byteCount - 3 * free.slotCost, free.minimum + free.workerCost, free.minimum,
    ] {
      let plan = try plan(budget)
      #expect(plan.byteCount <= budget)
      #expect(plan.workers >= 1 && plan.prefetchDepth >= 1)
    }
    #expect(try plan(free.byteCount - 1).workers == 4 && plan(free.byteCount - 1).prefetchDepth == 5)
    #expect(try plan(free.minimum).workers == 1)
    #expect(throws: LoaderError.budgetTooSmall(budget: free.minimum - 1, minimum: free.minimum)) {
      try plan(free.minimum - 1)
    }
  }

  @Test("settings outside their range are refused by name")
  func badSettings() throws {
    func refusal(_ change: (inout LoaderSettings) -> Void) -> String {
      var settings = LoaderSettings(batch: 2, imageSize: 32, mode: .validation)
      change(&settings)
      do {
        _ = try Loader(source: SyntheticSource(count: 2), settings: settings)
        return "accepted"
      } catch { return "\(error)" }
    }
    #expect(refusal { $0.batch = 0 }.contains("batch 0: give 1 to 4096 images"))
    #expect(refusal { $0.imageSize = -1 }.contains("image_size -1"))
    #expect(refusal { $0.workers = 0 }.contains("workers 0"))
    #expect(refusal { $0.prefetchDepth = 0 }.contains("prefetch 0"))
    var augmentation = AugmentationSettings()
    augmentation.scale = 1
    #expect(refusal { $0.mode = .training(augmentation) }.contains("scale 1.0: give a share from 0 to 0.95"))
    augmentation = AugmentationSettings()
    augmentation.mosaic = .nan
    #expect(refusal { $0.mode = .training(augmentation) }.contains("mosaic nan"))
    #expect(throws: LoaderError.noImages) {
      try Loader(
        source: SyntheticSource(count: 0), settings: LoaderSettings(batch: 1, imageSize: 8, mode: .validation))
    }
  }

  @Test("a damaged image is plain 114 without targets; past the limit the run stops with the list")
  func quarantine() throws {
    let boards = try TemporaryBoards(count: 8)
    try boards.overwrite(2, with: Array("broken".utf8))
    func loader() throws -> Loader {
      try Loader(
        source: DirectSource(try SourceSurvey(boards.entries), channels: 1, imageSize: 32),
        settings: LoaderSettings(batch: 8, imageSize: 32, mode: .validation, workers: 2))
    }
    let first = try loader()
    first.startEpoch(0)
    guard let batch = try first.nextBatch() else { throw LoaderError.noImages }
    #expect(batch.images.map(\.isDamaged) == (0..<8).map { $0 == 2 })
    #expect(batch.pixels[2 * 1024..<3 * 1024].allSatisfy { $0 == 114 })
    #expect(!batch.targets.contains { $0.imageIndex == 2 })
    #expect(first.quarantined.map(\.imageID) == [boards.entries[2].imageID])
    #expect(first.quarantined[0].reason.contains("not a JPEG"))
    try boards.overwrite(5, with: [])
    let second = try loader()
    second.startEpoch(0)
    #expect {
      _ = try second.nextBatch() == nil
    } throws: { error in
      [2, 5].allSatisfy { "\(error)".contains(boards.entries[$0].imageID) } && "\(error)".contains("2 of 8")
    }
  }

  @Test("validation is the letterbox of each image, with its boxes mapped by the same geometry")
  func validationIsLetterbox() throws {
    let boards = try TemporaryBoards(count: 5, channels: 3)
    let loader = try Loader(
      source: DirectSource(try SourceSurvey(boards.entries), channels: 3, imageSize: 64),
      settings: LoaderSettings(batch: 5, imageSize: 64, mode: .validation, workers: 2))
    loader.startEpoch(0)
    guard let batch = try loader.nextBatch() else { throw LoaderError.noImages }
    let decoder = try ImageDecoder()
    for (index, entry) in boards.entries.enumerated() {
      let size = TemporaryBoards.mixedSizes[index]
      let geometry = Letterbox(source: size, target: PixelSize(side: 64))
      #expect(batch.images[index].letterbox == geometry && batch.images[index].size == size)
      let decoded = try boards.jpeg(index).withUnsafeBytes {
        try decoder.decode($0, channels: 3, scale: .fitting(size, imageSize: 64))
      }
      var expected = [UInt8](repeating: 0, count: 3 * 64 * 64)
      expected.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let target = PlanarTarget(base: base, size: PixelSize(side: 64), channels: 3)
        decoded.withView { letterbox($0, geometry: geometry, into: target, scratch: PixelScratch()) }
      }
      #expect([UInt8](batch.pixels[index * 12288..<(index + 1) * 12288]) == expected)
      let targets = batch.targets.filter { $0.imageIndex == index }
      #expect(targets.count == entry.labels.count)
      for (target, label) in zip(targets, entry.labels) {
        let box = geometry.toTarget(label.box(in: size))
        #expect(abs(Double(target.centerX) * 64 - (box.x1 + box.x2) / 2) < 1e-4)
        #expect(abs(Double(target.height) * 64 - box.height) < 1e-4)
        #expect(target.classID == label.classID)
      }
    }
  }
}
