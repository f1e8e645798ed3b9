/// XXH64 (Collet, xxHash specification 0.1.1): a fast checksum against damage, not against an attacker.
package struct Checksum: Sendable {
  private static let p1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let p2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let p3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let p4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let p5: UInt64 = 0x27D4_EB2F_1656_67C5

  /// The checksum of `bytes`. To chain pieces, give the checksum of the pieces before as `seed`.
  package static func xxh64(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    var sum = Checksum(seed: seed)
    return sum.finish(bytes)
  }

  /// Bytes of a piece of `add` are a multiple of this.
  package static let stripe = 32

  private let seed: UInt64
  private var (a, b, c, d): (UInt64, UInt64, UInt64, UInt64)
  private var addedCount = 0

  /// A checksum of bytes that are not in memory all at once: `add` for each piece, then `finish` with the last one.
  package init(seed: UInt64 = 0) {
    self.seed = seed
    (a, b, c, d) = (seed &+ Self.p1 &+ Self.p2, seed &+ Self.p2, seed, seed &- Self.p1)
  }

  /// Adds a piece, a multiple of `stripe`.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count % Self.stripe == 0, "whole stripes")
    var (a, b, c, d) = (a, b, c, d)
    for offset in stride(from: 0, to: bytes.count, by: Self.stripe) {
      a = Self.round(a, Self.word(bytes, offset))
      b = Self.round(b, Self.word(bytes, offset + 8))
      c = Self.round(c, Self.word(bytes, offset + 16))
      d = Self.round(d, Self.word(bytes, offset + 24))
    }
    (self.a, self.b, self.c, self.d) = (a, b, c, d)
    addedCount += bytes.count
  }

  /// Adds the last piece, of any length, and gives the checksum of all.
  package mutating func finish(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let count = bytes.count
    var offset = count / Self.stripe * Self.stripe
    add(UnsafeRawBufferPointer(rebasing: bytes[..<offset]))
    var hash: UInt64
    if addedCount > 0 {
      hash = Self.rotate(a, 1) &+ Self.rotate(b, 7) &+ Self.rotate(c, 12) &+ Self.rotate(d, 18)
      for lane in [a, b, c, d] { hash = (hash ^ Self.round(0, lane)) &* Self.p1 &+ Self.p4 }
    } else {
      hash = seed &+ Self.p5
    }
    hash &+= UInt64(addedCount + count - offset)
    return Self.tail(hash, bytes, &offset)
  }

  private static func tail(_ hash: UInt64, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt64 {
    var hash = hash
    let count = bytes.count
    while offset + 8 <= count {
      hash = rotate(hash ^ round(0, word(bytes, offset)), 27) &* p1 &+ p4
      offset += 8
    }
    if offset + 4 <= count {
      let half = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      hash = rotate(hash ^ (half &* p1), 23) &* p2 &+ p3
      offset += 4
    }
    while offset < count {
      hash = rotate(hash ^ (UInt64(bytes[offset]) &* p5), 11) &* p1
      offset += 1
    }
    hash = (hash ^ (hash >> 33)) &* p2
    hash = (hash ^ (hash >> 29)) &* p3
    return hash ^ (hash >> 32)
  }

  /// The checksum of no bytes.
  package static let ofNothing = xxh64([])

  /// The checksum of an array's bytes. `seed` chains pieces as above.
  package static func xxh64(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
    bytes.withUnsafeBytes { xxh64($0, seed: seed) }
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  private static func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 { value << by | value >> (64 - by) }

  private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    rotate(lane &+ input &* p2, 31) &* p1
  }
}
