import FeederCore
import FeederDetection
import FeederMetrics
import FeederTorch
import Foundation
import Testing

@testable import FeederTraining

@Suite("Ranks agree, gather, and detect differences", .serialized)
struct RanksTests {
  @Test("Sums, requests, minima and bytes of any lengths reach every rank", arguments: [1, 2, 3])
  func collectives(count: Int) throws {
    let all = try withRanks(count) { ranks in
      let rank = ranks.place.rank
      let bytes = try ranks.group.gather([UInt8](repeating: UInt8(rank), count: rank))
      let sent = try Tensor([Float(rank), 1], shape: [2])
      try ranks.group.broadcast(sent, from: count - 1)
      return [
        try ranks.sum(rank + 1), try ranks.least(10 - rank), try ranks.any(rank == count - 1) ? 1 : 0,
        try ranks.any(false) ? 1 : 0, bytes.map(\.count) == Array(0..<count) ? 1 : 0, Int(try sent.array()[0]),
      ]
    }
    #expect(all == [[Int]](repeating: [count * (count + 1) / 2, 11 - count, 1, 0, 1, count - 1], count: count))
  }

  @Test("Backward through a sum gives every rank the gradients of all")
  func gradients() throws {
    let all = try withRanks(2) { ranks -> [Float] in
      let x = try Tensor([Float(ranks.place.rank + 1)], shape: [1])
      try x.setRequiresGradient()
      let sum = try ranks.group.summed(x)
      try (sum * Double(ranks.place.rank + 1) * 10).sum().backward()
      return try [sum, x.gradient() ?? x].flatMap { try $0.detach().array() }
    }
    #expect(all == [[3, 30], [3, 30]])
  }

  @Test("A rank that has ended gives its own kind of error, also in backward of a sum; a wrong argument does not")
  func goneStatus() throws {
    let kinds = try withRanks(2) { ranks -> [EngineError.Kind] in
      var x = try Tensor([Float(1)], shape: [1])
      try x.setRequiresGradient()
      let sum = try ranks.group.summed(x)
      if ranks.place.rank == 1 { return [] }  // leaves
      var kinds: [EngineError.Kind] = []
      func note(_ work: () throws -> Void) rethrows {
        do { try work() } catch let error as EngineError { kinds.append(error.kind) }
      }
      try note { try ranks.group.broadcast(x, from: 7) }
      try note { try sum.sum().backward() }
      x = try Tensor([Float(1)], shape: [1])
      try note { try ranks.group.sum(x) }
      #expect(throws: TrainingError.self) { try ranks.any(true) }
      return kinds
    }
    #expect(kinds == [[.other, .lostPeer, .lostPeer], []])
  }

  @Test("Different weights on one rank are detected on all, and the error names the rank")
  func different() throws {
    let lines = try withRanks(3) { ranks -> [String] in
      let tensor = try Tensor([1, 2, 3] as [Float], shape: [3])
      let state = [StateEntry(name: "w", kind: .convolution, tensor: tensor)]
      try ranks.checkEqual(state, "before")
      if ranks.place.rank == 2 { try tensor.copy(from: Tensor([1, 2, 3.0000002] as [Float], shape: [3])) }
      do {
        try ranks.checkEqual(state, "after epoch 7")
        return []
      } catch let error as TrainingError {
        return ["\(error)"]
      }
    }
    for line in lines {
      #expect(line.count == 1 && line[0].hasPrefix("after epoch 7 rank 2 and rank 0 hold different"))
    }
  }

  @Test("The sums of gradients are equal for every division into buckets, with tensors that got no gradient")
  func buckets() throws {
    let sums = try withRanks(2) { ranks -> [[Float]] in
      let sizes = [3, 1 << 20, 5, (1 << 20) + 7, 2]
      let leaves = try sizes.map { try Tensor([Float](repeating: 1, count: $0), shape: [$0]) }
      for leaf in leaves { try leaf.setRequiresGradient() }
      let reduction = try GradientReduction(leaves, over: ranks.group)
      reduction.begin()
      let own = Double(ranks.place.rank + 1)
      // Rank 1 does not use the fourth tensor, and uses the others in another order.
      let used = ranks.place.rank == 0 ? leaves : [leaves[4], leaves[0], leaves[2], leaves[1]]
      var total = try Tensor.zeros([])
      for (index, leaf) in used.enumerated() { total = try total + (leaf * (own * Double(index + 1))).sum() }
      try total.backward()
      try reduction.finish()
      return try leaves.map { leaf in
        let gradient = try #require(try leaf.gradient()).array()
        #expect(gradient.allSatisfy { $0 == gradient[0] })
        return [gradient[0], Float(gradient.count)]
      }
    }
    // 1, 2, 3, 4, 5 from rank 0; 2 x (2, 4, 3, -, 1) from rank 1.
    #expect(sums[0] == [[5, 3], [10, 1_048_576], [9, 5], [4, 1_048_583], [7, 2]])
    #expect(sums[1] == sums[0])
  }

  private static func findings(_ count: Int) -> [Finding] {
    var random = CounterRandom(seed: 5, index: 0, purpose: .order)
    return (0..<count).map { entry in
      let detections = (0..<random.integer(below: 6)).map { _ in
        let (x, y) = (random.uniform(0, 500), random.uniform(0, 500))
        return Detection(
          box: Box(x1: x, y1: y, x2: x + random.uniform(4, 90), y2: y + random.uniform(4, 90)),
          classID: random.integer(below: 3), score: random.uniform(0, 1))
      }
      return Finding(entryIndex: entry, size: PixelSize(width: 640, height: 480), detections: detections)
    }
  }

  private static func accuracy(_ findings: [Finding]) -> Accuracy {
    let results = findings.map { finding in
      // Every second detection gets a label that is slightly off.
      let truths = finding.detections.enumerated().filter { $0.offset % 2 == 0 }.map { _, found in
        GroundTruth(
          box: Box(x1: found.box.x1 + 1, y1: found.box.y1, x2: found.box.x2 + 1, y2: found.box.y2),
          classID: found.classID)
      }
      return ImageResult(imageID: "\(finding.entryIndex)", detections: finding.detections, truths: truths)
    }
    return Accuracy(results: results, classNames: ["a", "b", "c"])
  }

  @Test("Metrics of predictions gathered from 1, 2 and 3 ranks are equal to the last bit", arguments: [1, 2, 3])
  func metrics(count: Int) throws {
    let all = Self.findings(50)
    let whole = Self.accuracy(all)
    let (map50, map50_95) = (try #require(whole.map50), try #require(whole.map50_95))
    #expect(map50 > 0.1 && map50_95 < map50)
    let gathered = try withRanks(count) { ranks in
      try ranks.gathered(all.filter { $0.entryIndex % count == ranks.place.rank })
    }
    for findings in gathered {
      #expect(findings == all)
      let accuracy = Self.accuracy(findings)
      #expect(accuracy.map50 == whole.map50 && accuracy.map50_95 == whole.map50_95)
    }
  }

  @Test("Damaged results are rejected")
  func damaged() {
    let bytes = Finding.bytes(Self.findings(5))
    #expect(Finding.all(in: bytes) == Self.findings(5))
    for length in [1, 8, 31, bytes.count - 8, bytes.count - 1] {
      #expect(Finding.all(in: Array(bytes.prefix(length))) == nil)
    }
    let lies = [[-1.0, 4, 4, 0], [0, 4, 4, 1e18], [0, 4, 4, .nan], [0.5, 4, 4, 0], [0, 0, 4, 0]]
    for lie in lies { #expect(Finding.all(in: lie.withUnsafeBytes { Array($0) }) == nil) }
  }
}
