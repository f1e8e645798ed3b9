import FeederCore
import FeederDetection
import FeederTorch

/// Several processes that train as one: their joint decisions and checks.
package final class Ranks {
  /// The rank of this process.
  package let place: RankPlace
  /// The group over which the ranks communicate.
  let group: ProcessGroup
  /// The link for gradients between GPUs; nil if gradients travel through host memory in `group`.
  var link: DeviceLink?

  /// Ranks that met in `group`.
  package init(_ group: ProcessGroup, place: RankPlace) {
    precondition(group.rank == place.rank && group.count == place.count, "a place in this group")
    self.group = group
    self.place = place
  }

  /// Runs joint work. Throws `TrainingError.rankLost` if another rank has ended or does not answer, else what `work`
  /// throws. The run is over then.
  func together<R>(_ work: (ProcessGroup) throws -> R) throws -> R {
    do {
      return try work(group)
    } catch let error as EngineError where error.isOfOthers {
      throw TrainingError.rankLost(rank: place.rank, reason: error.message)
    }
  }

  /// True if any rank passes true.
  func any(_ isSet: Bool) throws -> Bool {
    try together { group in
      let flags = try Tensor([isSet ? 1 : 0] as [Int64], shape: [1])
      try group.largest(flags)
      return try flags.item() > 0
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

  /// The sums of all ranks' numbers, element by element.
  func sum(_ numbers: [Double]) throws -> [Double] {
    guard !numbers.isEmpty else { return [] }
    return try together { group in
      let sums = try Tensor(numbers, shape: [numbers.count])
      try group.sum(sums)
      return try sums.array(of: Double.self)
    }
  }

  /// The smallest of all ranks' numbers. Throws `TrainingError.rankLost`.
  package func least(_ number: Int) throws -> Int {
    try together { group in
      let least = try Tensor([Int64(-number)], shape: [1])
      try group.largest(least)
      return -Int(try least.item())
    }
  }

  /// Checks that all ranks hold the same bytes in `state`; `moment` says when, for people. Throws
  /// `TrainingError.ranksDiffer` with the ranks that differ from rank 0.
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

  /// Replaces the running statistics of all ranks by their mean, because each rank's norms saw only its own images.
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
