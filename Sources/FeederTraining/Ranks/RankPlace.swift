/// The rank of this process among the processes that train one network.
package struct RankPlace: Sendable, Equatable {
  /// Number of this process, from 0.
  package var rank = 0
  /// Number of processes.
  package var count = 1
  /// Number of this process among those on this machine, from 0. They share its cores and memory.
  package var localRank = 0
  /// Number of processes on this machine.
  package var localCount = 1

  /// A single process.
  package static let alone = RankPlace()

  /// A place from its values.
  package init(rank: Int = 0, count: Int = 1, localRank: Int = 0, localCount: Int = 1) {
    self.rank = rank
    self.count = count
    self.localRank = localRank
    self.localCount = localCount
  }

  /// True for rank 0, which writes the run folder and prints.
  package var leads: Bool { rank == 0 }

  /// One process's share of this machine's `total` of something, at least 1.
  package func share(of total: Int) -> Int { max(total / max(localCount, 1), 1) }
}
