import FeederCore
import Testing

@Suite("Random numbers depend on their key alone")
struct RandomTests {
  @Test("Philox 4x32-10 gives the published test vectors")
  func knownAnswers() {
    let zero = CounterRandom.testPhilox(counter: (0, 0, 0, 0), key: (0, 0))
    #expect(zero == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let ones = CounterRandom.testPhilox(
      counter: (.max, .max, .max, .max), key: (.max, .max))
    #expect(ones == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    let pi = CounterRandom.testPhilox(
      counter: (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: (0xa409_3822, 0x299f_31d0))
    #expect(pi == (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test("Another seed, epoch, index or purpose is another stream, and the same key the same one")
  func keys() {
    func first(_ seed: UInt64, _ epoch: Int, _ index: Int, _ purpose: RandomPurpose) -> UInt64 {
      var random = CounterRandom(seed: seed, epoch: epoch, index: index, purpose: purpose)
      return random.next()
    }
    let base = first(1, 2, 3, .board)
    #expect(base == first(1, 2, 3, .board))
    #expect(
      Set([base, first(0, 2, 3, .board), first(1, 0, 3, .board), first(1, 2, 0, .board), first(1, 2, 3, .order)]).count
        == 5)
  }

  @Test("Uniform numbers and whole numbers keep to their range")
  func ranges() {
    var random = CounterRandom(seed: 9, purpose: .noise)
    for _ in 0..<10_000 {
      let x = random.uniform(-2, 3)
      #expect(x >= -2 && x < 3)
      #expect((0..<7).contains(random.integer(below: 7)))
    }
  }
}
