import FeederCore
import Testing

@testable import FeederLoader

@Suite("Order and augmentation are pure functions of seed, epoch and index")
struct PlanTests {
  private func plan(
    _ index: Int, seed: UInt64 = 1, epoch: Int = 0, count: Int = 50, open: Bool = true,
    _ settings: AugmentationSettings = AugmentationSettings()
  ) -> AugmentationPlan {
    AugmentationPlan(
      seed: seed, epoch: epoch, index: index, imageCount: count, imageSize: 320, mosaicIsOpen: open,
      settings: settings)
  }

  @Test("an epoch is every entry once, in an order of its own")
  func permutation() {
    let orders = (0..<4).map { EpochOrder.permutation(count: 1000, seed: 7, epoch: $0) }
    for order in orders { #expect(order.sorted() == Array(0..<1000)) }
    #expect(Set(orders).count == 4)
    #expect(orders[0] != EpochOrder.permutation(count: 1000, seed: 8, epoch: 0))
    // Far from sorted: about one entry is expected in its own place.
    #expect(orders[0].enumerated().count { $0.offset == Int($0.element) } < 10)
    #expect(EpochOrder.permutation(count: 1, seed: 7, epoch: 0) == [0])
  }

  @Test("the last batch is partial and holds the rest")
  func batches() {
    let settings = LoaderSettings(batch: 4, imageSize: 64, mode: .validation)
    let order = EpochOrder(epoch: 0, mosaicIsOpen: true, imageCount: 10, settings: settings)
    #expect(order.batchCount == 3)
    #expect((0..<3).map { order.imageCount(ofBatch: $0) } == [4, 4, 2])
    #expect(order.entry(batch: 2, image: 1) == 9)
  }

  @Test(
    "several ranks share each global batch image by image, and all make the same number of steps",
    arguments: [1, 2, 3, 5])
  func ranks(rankCount: Int) {
    var settings = LoaderSettings(batch: 4, imageSize: 64, mode: .training(AugmentationSettings()), seed: 3)
    let alone = EpochOrder(epoch: 2, mosaicIsOpen: true, imageCount: 30, settings: settings)
    let entries = (0..<alone.batchCount).flatMap { batch in
      (0..<alone.imageCount(ofBatch: batch)).map { alone.entry(batch: batch, image: $0) }
    }
    settings.rankCount = rankCount
    var shared = [Int](repeating: -1, count: 30)
    for rank in 0..<rankCount {
      settings.rank = rank
      let order = EpochOrder(epoch: 2, mosaicIsOpen: true, imageCount: 30, settings: settings)
      #expect(order.batchCount == (30 + 4 * rankCount - 1) / (4 * rankCount))
      for batch in 0..<order.batchCount {
        for image in 0..<order.imageCount(ofBatch: batch) {
          shared[(batch * 4 + image) * rankCount + rank] = order.entry(batch: batch, image: image)
        }
      }
    }
    #expect(shared == entries)
  }

  @Test("all numbers stay in their ranges and reach both ends")
  func ranges() {
    let plans = (0..<4000).map { plan($0, count: 4000) }
    func check(_ name: String, _ range: ClosedRange<Double>, _ value: (AugmentationPlan) -> Double) {
      let values = plans.map(value)
      let slack = (range.upperBound - range.lowerBound) * 0.01
      #expect(values.allSatisfy { range.contains($0) }, "\(name)")
      #expect((values.min() ?? 0) < range.lowerBound + slack, "\(name)")
      #expect((values.max() ?? 0) > range.upperBound - slack, "\(name)")
    }
    check("centre x", 160...480) { Double($0.centerX) }
    check("centre y", 160...480) { Double($0.centerY) }
    check("gain", 0.5...1.5) { $0.gain }
    check("shift x", 128...192) { $0.shiftX }
    check("shift y", 128...192) { $0.shiftY }
    check("hue", 0.985...1.015) { $0.hueGain }
    check("saturation", 0.3...1.7) { $0.saturationGain }
    check("value", 0.6...1.4) { $0.valueGain }
    #expect((1800...2200).contains(plans.count { $0.flips }))
    #expect(plans.allSatisfy { $0.isMosaic })
  }

  @Test("a mosaic takes three others, each as likely as the next")
  func partners() {
    var counts = [Int](repeating: 0, count: 5)
    for epoch in 0..<2000 {
      let members = plan(2, epoch: epoch, count: 5).members
      #expect(members[0] == 2)
      for place in 1..<4 { counts[members[place]] += 1 }
    }
    #expect(counts[2] == 0)
    for other in [0, 1, 3, 4] { #expect((1300...1700).contains(counts[other])) }
    #expect(plan(0, count: 1).members == [0, 0, 0, 0])
  }

  @Test("one setting never moves another's choice")
  func settingsAreIndependent() {
    var plain = AugmentationSettings()
    plain.mosaic = 0
    plain.hsvH = 0
    plain.hsvS = 0
    plain.hsvV = 0
    for index in 0..<20 {
      let (full, still) = (plan(index), plan(index, plain))
      #expect(still.gain == full.gain && still.shiftX == full.shiftX && still.flips == full.flips)
      #expect(!still.isMosaic && still.keepsColors)
      #expect(!plan(index, open: false).isMosaic)
    }
    #expect(plan(3) == plan(3))
    #expect(plan(3) != plan(3, epoch: 1) && plan(3) != plan(3, seed: 2) && plan(3) != plan(4))
  }
}
