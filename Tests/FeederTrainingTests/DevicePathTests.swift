import FeederTorch
import Synchronization
import Testing

@testable import FeederTraining

@Suite("The path to the device keeps its promises on a machine without a GPU")
struct DevicePathTests {
  private struct Refused: Error, CustomStringConvertible { let description = "no more pages to lock" }

  @Test("A slot is unlocked exactly once after it was locked, before its pages are freed")
  func locked() throws {
    let calls = Mutex<[String]>([])
    let memory = DeviceSlotMemory(
      lock: { bytes in
        bytes[0] = 1
        calls.withLock { $0.append("lock \(bytes.count)") }
      },
      unlock: { bytes in calls.withLock { $0.append("unlock \(bytes[0])") } })
    let first = try memory.allocate(byteCount: 4096)
    memory.free(first)
    #expect(calls.withLock { $0 } == ["lock 4096", "unlock 1"] && memory.refusal == nil)
  }

  @Test("A slot whose pages cannot be locked is ordinary memory and never unlocked, and a line gives the reason")
  func refused() throws {
    let unlockCount = Mutex(0)
    let memory = DeviceSlotMemory(lock: { _ in throw Refused() }, unlock: { _ in unlockCount.withLock { $0 += 1 } })
    let slot = try memory.allocate(byteCount: 4096)
    slot[4095] = 7
    #expect(slot[4095] == 7 && memory.refusal?.contains("no more pages to lock") == true)
    memory.free(slot)
    #expect(unlockCount.withLock { $0 } == 0)
  }

  @Test("Losses are read once, one step later, with their values from the time of the note")
  func late() throws {
    var late = LateLosses()
    #expect(try late.take() == nil)
    let losses = try Tensor([1, 2, 3] as [Float], shape: [3])
    try late.note(.init(epoch: 2, batch: 5, imageCount: 4, boxCount: 9), losses: losses, gradientNorm: nil)
    try losses.fill(0)
    let taken = try #require(try late.take())
    #expect(taken.losses == [1, 2, 3] && taken.step.epoch == 2 && taken.step.batch == 5 && taken.step.boxCount == 9)
    #expect(try late.take() == nil)
  }

  @Test("A loss or gradient norm that is not finite ends the run and names its step", arguments: [true, false])
  func diverged(inLoss: Bool) throws {
    var late = LateLosses()
    try late.note(
      .init(epoch: 1, batch: 7, imageCount: 4, boxCount: 9),
      losses: Tensor([1, inLoss ? .nan : 2, 3] as [Float], shape: [3]),
      gradientNorm: Tensor([inLoss ? 1 : .infinity] as [Float], shape: [1]))
    let error = #expect(throws: TrainingError.self) { try late.take() }
    #expect(error?.description.contains("step 7 of epoch 2") == true)
  }

  @Test(
    "Without CUDA, page-locking and side streams are refused in one line",
    .enabled(if: Engine.cudaDeviceCount == 0, "this machine has a GPU"))
  func absent() throws {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4096)
    defer { bytes.deallocate() }
    let lock = #expect(throws: EngineError.self) { try PageLock.lock(bytes) }
    let stream = #expect(throws: EngineError.self) { try Stream.side(on: .cuda(0)) }
    for line in [lock?.description, stream?.description] {
      #expect(line?.contains("CUDA") == true && line?.contains("\n") == false, "\(line ?? "nothing")")
    }
  }
}
