/// The place of this process among those that train one network.
package struct RankPlace: Sendable, Equatable {
  /// Number of this process, from 0, and of all.
  package var rank = 0
  package var count = 1
  /// The same among the processes of this machine, which share its cores and memory.
  package var localRank = 0
  package var localCount = 1

  /// One process alone.
  package static let alone = RankPlace()

  /// A place of known numbers.
  package init(rank: Int = 0, count: Int = 1, localRank: Int = 0, localCount: Int = 1) {
    self.rank = rank
    self.count = count
    self.localRank = localRank
    self.localCount = localCount
  }

  /// True for the one that writes the run folder and speaks.
  package var leads: Bool { rank == 0 }

  /// This machine's `total` of something, shared by its processes: at least 1.
  package func share(of total: Int) -> Int { max(total / max(localCount, 1), 1) }
}
