import FeederTorch
import Testing

@testable import FeederTraining

@Suite("The engine's threads sleep if others want their cores", .serialized)
struct CoreSharingTests {
  @Test("Cores that the engine leaves are free for others; of its own, it notices a third and forgets below a sixth")
  func decision() {
    func isShared(_ foreign: Double, threads: Int = 2, cores: Int = 2, before: Bool = false) -> Bool {
      CoreSharing.isShared(foreign: foreign, threadCount: threads, coreCount: cores, before: before)
    }
    #expect(!isShared(0) && !isShared(0.25) && isShared(0.35) && isShared(2))
    #expect(isShared(0.2, before: true) && !isShared(0.1, before: true))
    #expect(!isShared(2, threads: 2, cores: 4) && isShared(2.5, threads: 2, cores: 4))
  }

  @Test("The others' usage is the machine's usage minus this process's own")
  func foreign() {
    let start = ContinuousClock.now
    let first = CoreSharing.Usage(machine: 100, own: 40, moment: start)
    let second = CoreSharing.Usage(machine: 104, own: 41, moment: start + .seconds(2))
    #expect(abs(CoreSharing.foreignCores(from: first, to: second) - 1.5) < 1e-9)
  }

  @Test("Operators give the same numbers with sleeping and spinning threads, and the mode can change at any time")
  func sameNumbers() throws {
    let values = (0..<1 << 16).map { Float($0 % 101) / 101 }
    let x = try Tensor(values, shape: [1 << 8, 1 << 8])
    let before: [Float] = try x.matmul(x).array()
    for _ in 0..<20 {
      try Engine.setWaitsAsleep(true, team: 3)
      try Engine.setWaitsAsleep(true, team: 3)
      #expect(try x.matmul(x).array() == before)
      try Engine.setWaitsAsleep(false, team: 3)
    }
    #expect(try x.matmul(x).array() == before)
  }
}
