import CTorch
import Foundation

/// The GPUs of several processes, one per process, which sum tensors over NCCL. The first use of this type loads NCCL's
/// library, so processes on the CPU never load it. Has not run on a GPU yet.
///
/// Sums run in a stream beside the current one. If a process dies, NCCL waits for it forever in the device. So the
/// processes wait for their sums with messages over gloo (`ProcessGroup.waitTogether`), which notices a death at once.
package final class DeviceLink {
  /// The id of one meeting of GPUs. One process makes it and sends it to the others by other means.
  package struct MeetingID: Equatable {
    /// Bytes of an id.
    package static let byteCount = Int(CT_NCCL_ID_BYTES)
    /// The bytes of this id.
    package let bytes: [UInt8]

    /// A new id, whose meeting this process serves. Throws `EngineError` if NCCL is not available.
    package init() throws {
      var bytes = [UInt8](repeating: 0, count: Self.byteCount)
      try check(ct_nccl_new_id(&bytes), "a meeting of GPUs")
      self.bytes = bytes
    }

    /// An id from another process; `bytes` must have `byteCount` bytes.
    package init(_ bytes: [UInt8]) {
      precondition(bytes.count == Self.byteCount, "an id has its length")
      self.bytes = bytes
    }
  }

  /// The GPU of this process.
  package let device: Device
  private let handle: OpaquePointer
  private let stream: Stream

  /// The version of NCCL, such as "2.28.9". Throws `EngineError` with the reason if NCCL is not available.
  package static func version() throws -> String {
    var code: Int32 = 0
    try check(ct_nccl_version(&code), "NCCL")
    return "\(code / 10_000).\(code / 100 % 100).\(code % 100)"
  }

  /// Begins to join `count` processes as number `rank`, with the GPU `device`. The join is complete once `isReady`
  /// returns true. Throws `EngineError` if NCCL fails.
  package init(_ id: MeetingID, rank: Int, count: Int, device: Device) throws {
    precondition((0..<count).contains(rank) && device != .cpu, "a rank below the count, with a GPU")
    var handle: OpaquePointer?
    try check(ct_nccl_join(id.bytes, Int32(rank), Int32(count), device.index, &handle), "joining \(count) GPUs")
    guard let handle else { preconditionFailure("the shim returned success without a link") }
    self.handle = handle
    self.device = device
    do {
      stream = try Stream.side(on: device)
    } catch {
      ct_nccl_leave(handle)
      throw error
    }
  }

  deinit { ct_nccl_leave(handle) }

  /// True once all requested work is in the device's stream. Throws `EngineError` if it failed.
  package func isReady() throws -> Bool {
    var isReady = false
    try check(ct_nccl_ready(handle, &isReady), "work between GPUs")
    return isReady
  }

  /// Starts to replace `tensor` (float32 and contiguous, on this device) by its sum over all processes, after the
  /// present work of the current stream. The tensor must exist until `finish`. First waits until the previous sum is in
  /// its stream, at most for `patience`. Throws `EngineError` of kind `.lostLink` if that takes longer.
  package func startSum(_ tensor: Tensor, patience: Duration) throws {
    let end = ContinuousClock.now + patience
    while try !isReady() {
      guard ContinuousClock.now < end else {
        throw EngineError(
          "a sum over all GPUs", .lostLink, message: "NCCL lost a rank: a sum does not begin within \(patience)")
      }
      usleep(20)
    }
    try stream.wait(for: DeviceEvent(after: .current(on: device)))
    try check(ct_nccl_sum(handle, tensor.handle, stream.handle), "a sum over all GPUs")
  }

  /// Waits until the sums of all processes are done; the processes exchange messages over `group` meanwhile. This
  /// thread waits, so later work in any stream sees the sums. Throws as `ProcessGroup.waitTogether`.
  package func finish(in group: ProcessGroup) throws {
    var event: DeviceEvent?
    try group.waitTogether("a sum over all GPUs") {
      guard try isReady() else { return false }
      let mark = try event ?? DeviceEvent(after: stream)
      event = mark
      return try mark.isPast()
    }
  }

  /// Links the GPUs of all processes of `group`, this one with `device`, and sums one number as a trial. Throws
  /// `EngineError` in all processes if it fails in one.
  package static func make(in group: ProcessGroup, on device: Device) throws -> DeviceLink {
    var bytes = [UInt8](repeating: 0, count: MeetingID.byteCount)
    try group.waitTogether("NCCL") {
      _ = try version()
      if group.rank == 0 { bytes = try MeetingID().bytes }
      return true
    }
    let shared = try Tensor(bytes, shape: [bytes.count])
    try group.broadcast(shared, from: 0)
    let id = MeetingID(try shared.array(of: UInt8.self))
    var begun: DeviceLink?
    try group.waitTogether("joining \(group.count) GPUs") {
      let own = try begun ?? DeviceLink(id, rank: group.rank, count: group.count, device: device)
      begun = own
      return try own.isReady()
    }
    guard let link = begun else { preconditionFailure("who is ready has begun") }
    var trial: Tensor?
    try group.waitTogether("a trial of NCCL") {
      if trial == nil {
        let number = try Tensor.full([1], Double(group.rank + 1), device: device)
        try link.startSum(number, patience: group.patience)
        trial = number
      }
      return true
    }
    try link.finish(in: group)
    let expected = Double(group.count * (group.count + 1) / 2)
    try group.waitTogether("a trial of NCCL") {
      let sum = try trial?.item() ?? 0
      guard sum == expected else {
        throw EngineError("a trial of NCCL", message: "NCCL: a sum over all GPUs is \(sum), not \(expected)")
      }
      return true
    }
    return link
  }
}
