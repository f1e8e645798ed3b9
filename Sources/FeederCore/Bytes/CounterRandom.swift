/// The purpose of a stream of random numbers. Each purpose has its own stream, so a new purpose changes no old numbers.
package enum RandomPurpose: UInt32, Sendable {
  /// The order of a training epoch.
  case order = 1
  /// Augmentation of one training image.
  case augmentation = 2
  /// Drawing of one synthetic board.
  case board = 3
  /// Defects of one synthetic board.
  case defects = 4
  /// Surface noise of one synthetic board.
  case noise = 5
  /// Initial values of the network's weights.
  case weights = 6
  /// Costs of a simulated loader.
  case simulation = 7
  /// The shift of a board's tiles in a training epoch.
  case tiles = 8
  /// The choice among a training epoch's tiles without boxes.
  case emptyTiles = 9
}

/// Counter-based random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
///
/// The n-th number is a function of (seed, epoch, index, purpose, n) alone, so any worker can draw it at any time.
package struct CounterRandom: Sendable, RandomNumberGenerator {
  private let key: (UInt32, UInt32)
  private var counter: (UInt32, UInt32, UInt32, UInt32)
  private var block: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var unused = 0

  /// The stream of (`seed`, `epoch`, `index`, `purpose`), from its first number.
  package init(seed: UInt64, epoch: Int = 0, index: Int = 0, purpose: RandomPurpose) {
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let index = UInt64(bitPattern: Int64(index))
    // The purpose takes the top 8 bits of the index's upper half; 2^56 images are more than any data set has.
    counter = (
      0, UInt32(truncatingIfNeeded: index),
      UInt32(truncatingIfNeeded: index >> 32) & 0x00FF_FFFF | purpose.rawValue << 24, UInt32(truncatingIfNeeded: epoch)
    )
  }

  /// The next 32 random bits.
  package mutating func nextUInt32() -> UInt32 {
    if unused == 0 {
      block = Self.philox(counter, key)
      counter.0 &+= 1
      unused = 4
    }
    unused -= 1
    switch unused {
    case 3: return block.0
    case 2: return block.1
    case 1: return block.2
    default: return block.3
    }
  }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    let high = UInt64(nextUInt32())
    return high << 32 | UInt64(nextUInt32())
  }

  /// A number in 0 ..< 1, in steps of 2^-32.
  package mutating func uniform() -> Double { Double(nextUInt32()) * 0x1p-32 }

  /// A number in `low` ..< `high`.
  package mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

  /// A whole number in 0 ..< `count`, for `count` from 1 to 2^32 - 1. The bias is below `count` / 2^32.
  package mutating func integer(below count: Int) -> Int {
    precondition(count > 0 && count <= Int(UInt32.max), "integer(below:) needs 1 to 2^32 - 1")
    return Int((UInt64(nextUInt32()) &* UInt64(count)) >> 32)
  }

  private static func philox(
    _ counter: (UInt32, UInt32, UInt32, UInt32), _ key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let p0 = UInt64(0xD251_1F53) &* UInt64(c.0)
      let p1 = UInt64(0xCD9E_8D57) &* UInt64(c.2)
      c = (
        UInt32(truncatingIfNeeded: p1 >> 32) ^ c.1 ^ k.0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ c.3 ^ k.1, UInt32(truncatingIfNeeded: p0)
      )
      k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
    }
    return c
  }

  /// The ten-round function, for tests with its published vectors.
  package static func testPhilox(
    counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) { philox(counter, key) }
}
