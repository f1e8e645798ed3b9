import FeederTorch
import FeederFixtures
import Testing

@Suite("The engine answers through Swift", .serialized)
struct EngineTests {
  @Test("A failing operator throws torch's own message and the process goes on")
  func errors() throws {
    let a = try Tensor.zeros([2, 3])
    let b = try Tensor.zeros([4, 5])
    let error = #expect(throws: EngineError.self) { try a + b }
    #expect(error?.message.contains("must match") == true)
    #expect(throws: EngineError.self) { try a.matmul(b) }
    #expect(try (a + 1).sum().item() == 6)
  }

  @Test("Values go in and come out as they are, in every type")
  func roundTrip() throws {
    #expect(try Tensor([1.5, -2, 0] as [Float], shape: [3]).array() == [1.5, -2, 0])
    #expect(
      try Tensor([1, 2, 3, 4] as [Int64], shape: [2, 2]).transposed(0, 1).array(of: Int64.self) == [1, 3, 2, 4])
    #expect(try Tensor([7, 255] as [UInt8], shape: [2]).to(.float16).array(of: Double.self) == [7, 255])
    #expect(try Tensor([3] as [Double], shape: []).shape.isEmpty)
  }

  @Test("Backward fills the leaves, and nothing is recorded if gradients are turned off")
  func gradients() throws {
    let x = try Tensor([3, 4] as [Float], shape: [2])
    try x.setRequiresGradient()
    try (x * x).sum().backward()
    #expect(try x.gradient()?.array() == [6, 8])
    try x.clearGradient()
    #expect(try x.gradient() == nil)
    let y = try withoutGradients { try x * 2 }
    #expect(!y.requiresGradient)
    #expect(throws: EngineError.self) { try y.sum().backward() }
  }

  @Test("Autocast runs convolutions in bfloat16 in its scope alone")
  func autocast() throws {
    let x = try Tensor.full([1, 3, 8, 8], 1)
    let w = try Tensor.full([4, 3, 3, 3], 1)
    #expect(try withAutocast(.bfloat16, on: .cpu) { try x.conv2d(w).type } == .bfloat16)
    #expect(try x.conv2d(w).type == .float32)
  }

  @Test("Ten thousand operations, failing ones among them, leave no tensor behind")
  func leaks() throws {
    let weight = try Tensor.full([2, 2], 0.5)
    try weight.setRequiresGradient()
    let before = Tensor.liveCount
    for step in 0..<2_000 {
      let y = try weight.matmul(weight).split([1, 1], along: 0)
      try (y[0] * y[1]).sum().backward()
      try weight.clearGradient()
      if step % 10 == 0 { #expect(throws: EngineError.self) { try weight + Tensor.zeros([3]) } }
    }
    #expect(Tensor.liveCount == before)
  }
}
