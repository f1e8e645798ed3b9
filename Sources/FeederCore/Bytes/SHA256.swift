/// SHA-256 (FIPS 180-4), which every language's library has: for hashes that others check.
package enum SHA256 {
  /// The hash of `bytes` as 64 hexadecimal digits.
  package static func digits(_ bytes: [UInt8]) -> String {
    var state: [UInt32] = [
      0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    var tail = Array(bytes.suffix(bytes.count % 64)) + [0x80]
    tail += [UInt8](repeating: 0, count: (120 - tail.count % 64) % 64)
    for shift in stride(from: 56, through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: (UInt64(bytes.count) << 3) >> UInt64(shift)))
    }
    var words = [UInt32](repeating: 0, count: 64)
    for start in stride(from: 0, to: bytes.count - bytes.count % 64, by: 64) { add(bytes, start, &state, &words) }
    for start in stride(from: 0, to: tail.count, by: 64) { add(tail, start, &state, &words) }
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private static func add(_ bytes: [UInt8], _ start: Int, _ state: inout [UInt32], _ words: inout [UInt32]) {
    func rotated(_ x: UInt32, _ count: UInt32) -> UInt32 { x >> count | x << (32 - count) }
    for place in 0..<16 {
      words[place] = (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[start + 4 * place + $1]) }
    }
    for place in 16..<64 {
      let (x, y) = (words[place - 15], words[place - 2])
      words[place] =
        words[place - 16] &+ words[place - 7] &+ (rotated(x, 7) ^ rotated(x, 18) ^ x >> 3)
        &+ (rotated(y, 17) ^ rotated(y, 19) ^ y >> 10)
    }
    var (a, b, c, d, e, f, g, h) = (state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7])
    for place in 0..<64 {
      let first =
        h &+ (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) &+ (e & f ^ ~e & g) &+ constants[place] &+ words[place]
      let second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) &+ (a & b ^ a & c ^ b & c)
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
    }
    for (place, value) in [a, b, c, d, e, f, g, h].enumerated() { state[place] &+= value }
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = primes.map { prime in
    // The cube root of prime x 2^96 is the root with 32 bits behind the point; found bit by bit in whole numbers.
    var root: UInt64 = 0
    for bit in stride(from: 34, through: 0, by: -1) {
      let larger = root | 1 << UInt64(bit)
      let square = larger.multipliedFullWidth(by: larger)
      let low = square.low.multipliedFullWidth(by: larger)
      let high = square.high * larger + low.high
      if (high, low.low) <= (prime << 32, 0) { root = larger }
    }
    return UInt32(truncatingIfNeeded: root)
  }

  private static let primes: [UInt64] = (2...311).filter { number in (2..<number).allSatisfy { number % $0 != 0 } }
}
