import FeederImaging

/// How often each level occurs: exact counters of 65,536 levels; pictures of 8 bits use the first 256.
package struct LevelHistogram: Sendable {
  /// One counter for each level.
  package private(set) var counts = [Int](repeating: 0, count: 65_536)
  /// Samples counted.
  package private(set) var total = 0

  /// Counts nothing yet.
  package init() {}

  /// Counts the first `count` of `levels`, of all channels alike.
  package mutating func add(_ levels: [UInt16], count: Int) {
    counts.withUnsafeMutableBufferPointer { counts in
      for level in levels[..<count] { counts[Int(level)] += 1 }
    }
    total += count
  }

  /// Adds the counters of another histogram.
  package mutating func add(_ other: LevelHistogram) {
    for level in counts.indices { counts[level] += other.counts[level] }
    total += other.total
  }

  /// Counts levels of 8 bits.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    counts.withUnsafeMutableBufferPointer { counts in
      for byte in bytes { counts[Int(byte)] += 1 }
    }
    total += bytes.count
  }

  /// The lowest and the highest level that occurs; nil if nothing was counted.
  package var range: ClosedRange<Int>? {
    guard let least = counts.firstIndex(where: { $0 > 0 }), let largest = counts.lastIndex(where: { $0 > 0 })
    else { return nil }
    return least...largest
  }

  /// Levels that occur.
  package var usedCount: Int { counts.count { $0 > 0 } }

  /// Low bits that are 0 in every sample, as in pictures whose 12 bits lie in the upper ones of 16.
  package var idleLowBits: Int {
    let bits = counts.indices.reduce(0) { counts[$1] > 0 ? $0 | $1 : $0 }
    return bits == 0 ? 0 : bits.trailingZeroBitCount
  }
}
