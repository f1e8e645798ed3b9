import FeederTorch
import Testing

@Suite("The engine's memory is counted, and running out of it is recognised", .serialized)
struct EngineMemoryTests {
  @Test("A tensor's bytes count while it lives and no longer; the peak keeps them")
  func counting() throws {
    // Other suites of this process use the engine at the same time, but never gibibytes of memory.
    for _ in 0..<1_000 {
      let tensor = try Tensor.zeros([1 << 20])
      #expect(EngineMemory.hostBytes >= tensor.count * 4)
    }
    #expect(EngineMemory.hostPeakBytes >= 4 << 20)
    #expect(EngineMemory.hostBytes < 1_000 * 4 << 20)
  }

  @Test("Memory that cannot be had is an error that says so, and the next operator works")
  func outOfMemory() throws {
    let error = #expect(throws: EngineError.self) { try Tensor.zeros([1 << 50]) }
    #expect(error?.isOutOfMemory == true)
    #expect(error?.message.contains("out of memory") == true)
    #expect(try (Tensor.zeros([2]) + 1).sum().item() == 2)
  }

  @Test("Another failure is not taken for missing memory")
  func otherFailure() throws {
    let (a, b) = (try Tensor.zeros([2, 3]), try Tensor.zeros([4, 5]))
    let error = #expect(throws: EngineError.self) { try a + b }
    #expect(error?.isOutOfMemory == false)
  }
}
