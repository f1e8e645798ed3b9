import FeederCore
import FeederDetection
import FeederTorch

/// Several processes that train as one: what they agree on, and what they check of each other.
package final class Ranks {
  /// This one's place.
  package let place: RankPlace
  /// How they talk.
  let group: ProcessGroup
  /// How their gradients travel between GPUs; nil where they travel through host memory in `group`.
  var link: DeviceLink?

  /// Ranks that met in `group`.
  package init(_ group: ProcessGroup, place: RankPlace) {
    precondition(group.rank == place.rank && group.count == place.count, "a place in this group")
    self.group = group
    self.place = place
  }

  /// Runs work with the others; where one of them is gone, says so in a line. The run is over then.
  func together<R>(_ work: (ProcessGroup) throws -> R) throws -> R {
    do {
      return try work(group)
    } catch let error as EngineError where error.isOfOthers {
      throw TrainingError.rankLost(rank: place.rank, reason: error.message)
    }
  }

  /// True where any of the ranks wishes so.
  func any(_ wish: Bool) throws -> Bool {
    try together { group in
      let wishes = try Tensor([wish ? 1 : 0] as [Int64], shape: [1])
      try group.largest(wishes)
      return try wishes.item() > 0
    }
  }

  /// The sum of all ranks' numbers.
  func sum(_ number: Int) throws -> Int {
    try together { group in
      let sum = try Tensor([Int64(number)], shape: [1])
      try group.sum(sum)
      return Int(try sum.item())
    }
  }

  /// The sums of all ranks' numbers, place by place.
  func sum(_ numbers: [Double]) throws -> [Double] {
    guard !numbers.isEmpty else { return [] }
    return try together { group in
      let sums = try Tensor(numbers, shape: [numbers.count])
      try group.sum(sums)
      return try sums.array(of: Double.self)
    }
  }

  /// The least of all ranks' numbers.
  package func least(_ number: Int) throws -> Int {
    try together { group in
      let least = try Tensor([Int64(-number)], shape: [1])
      try group.largest(least)
      return -Int(try least.item())
    }
  }

  /// Checks that all ranks hold the same bytes in `state`; `moment` says when. Throws an error that names the ranks that
  /// differ from rank 0.
  func checkEqual(_ state: [StateEntry], _ moment: String) throws {
    var hash: UInt64 = 0
    for entry in state {
      let host = try entry.tensor.detach().to(.cpu).contiguous()
      var bytes = [UInt8](repeating: 0, count: host.count * host.type.byteCount)
      try bytes.withUnsafeMutableBytes { try host.copy(to: $0) }
      hash = Checksum.xxh64(bytes, seed: hash)
    }
    let all = try together { group in
      try group.gather(Tensor([Int64(bitPattern: hash)], shape: [1])).array(of: Int64.self)
    }
    let others = all.indices.filter { all[$0] != all[0] }
    guard others.isEmpty else { throw TrainingError.ranksDiffer(ranks: others, moment: moment) }
  }

  /// Makes the running statistics of all ranks their mean: each rank's norms saw its own images alone.
  func averageStatistics(_ tensors: [Tensor]) throws {
    guard !tensors.isEmpty else { return }
    try withoutGradients {
      let flat = try Tensor.concatenated(tensors.map { try $0.reshaped([-1]) }, along: 0)
      try together { try $0.sum(flat) }
      let parts = try (flat * (1 / Double(place.count))).split(tensors.map(\.count), along: 0)
      try Foreach.copy(tensors, from: zip(parts, tensors).map { try $0.reshaped($1.shape) })
    }
  }
}
