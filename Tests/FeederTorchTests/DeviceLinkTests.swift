import FeederTorch
import Testing

@Suite("NCCL is found, or its absence is explained")
struct DeviceLinkTests {
  /// The version that NCCL's own library returns; nil if it cannot be opened.
  private static let version = try? DeviceLink.version()

  @Test("If the library is missing, one line says so and what to do", .enabled(if: version == nil))
  func absent() {
    let error = #expect(throws: EngineError.self) { try DeviceLink.version() }
    let line = error?.description ?? ""
    #expect(line.contains("NCCL does not load (libnccl.so.2") && line.contains("tools/setup --cuda"), "\(line)")
    #expect(!line.contains("\n"))
    #expect(throws: EngineError.self) { try DeviceLink.MeetingID() }
  }

  @Test("The real library returns its version and distinct ids", .enabled(if: version != nil, "no libnccl.so.2"))
  func present() throws {
    let numbers = try #require(Self.version).split(separator: ".").compactMap { Int($0) }
    #expect(numbers.count == 3 && numbers[0] == 2 && numbers[1] >= 14)
    let first = try DeviceLink.MeetingID()
    #expect(first.bytes.contains { $0 != 0 })
    #expect(try DeviceLink.MeetingID() != first)
  }

  @Test(
    "The real library without a GPU refuses to join in one line with its own reason",
    .enabled(if: version != nil && Engine.cudaDeviceCount == 0, "no libnccl.so.2, or a GPU"))
  func withoutGPU() throws {
    let id = try DeviceLink.MeetingID()
    let error = #expect(throws: EngineError.self) { _ = try DeviceLink(id, rank: 0, count: 1, device: .cuda(0)) }
    let line = error?.description ?? ""
    #expect(line.contains("NCCL: ncclCommInitRankConfig fails with 'unhandled cuda error"), "\(line)")
    #expect(line.contains("CUDA driver") && !line.contains("\n"), "\(line)")
  }
}
