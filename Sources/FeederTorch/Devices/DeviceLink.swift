import CTorch
import Foundation

/// GPUs of several processes, one of each, that sum tensors among themselves over NCCL. Its library is looked for at the first use
/// of this type; a process that computes on the CPU never gets here. Has not run on a GPU yet.
///
/// Sums go to a stream beside the current one. A peer that dies leaves NCCL waiting for it in the device, so the processes wait for
/// the end of their sums by telling each other over gloo (`ProcessGroup.waitTogether`), where a death is noticed at once.
package final class DeviceLink {
  /// What the processes that meet have in common: made by one, sent to the others by other means.
  package struct MeetingID: Equatable {
    /// Bytes of every id.
    package static let byteCount = Int(CT_NCCL_ID_BYTES)
    package let bytes: [UInt8]

    /// A new id, whose meeting this process serves. Throws `EngineError` where NCCL cannot be had.
    package init() throws {
      var bytes = [UInt8](repeating: 0, count: Self.byteCount)
      try check(ct_nccl_new_id(&bytes), "a meeting of GPUs")
      self.bytes = bytes
    }

    /// An id that another process made.
    package init(_ bytes: [UInt8]) {
      precondition(bytes.count == Self.byteCount, "an id has its length")
      self.bytes = bytes
    }
  }

  /// The GPU that this process takes part with.
  package let device: Device
  private let handle: OpaquePointer
  private let stream: Stream

  /// The version of NCCL, as in "2.28.9". Throws one line that says why where it cannot be had.
  package static func version() throws -> String {
    var code: Int32 = 0
    try check(ct_nccl_version(&code), "NCCL")
    return "\(code / 10_000).\(code / 100 % 100).\(code % 100)"
  }

  /// Begins to join `count` processes as number `rank`, with the GPU `device`; done once `isReady`.
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

  /// True once all that was asked for is in the device's stream. Throws where it failed.
  package func isReady() throws -> Bool {
    var isReady = false
    try check(ct_nccl_ready(handle, &isReady), "work between GPUs")
    return isReady
  }

  /// Asks for `tensor`, float32 on this device without gaps, to be replaced by the sum over all processes, after what the current
  /// stream was given so far. It must live until `finish`. Waits, for at most `patience`, until the sum before it is in its stream.
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

  /// Waits until the sums of all processes are done, which talk about it in `group`. This thread waits, so that all later work of
  /// any stream finds the sums.
  package func finish(in group: ProcessGroup) throws {
    var event: DeviceEvent?
    try group.waitTogether("a sum over all GPUs") {
      guard try isReady() else { return false }
      let mark = try event ?? DeviceEvent(after: stream)
      event = mark
      return try mark.isPast()
    }
  }

  /// Links the GPUs of all processes of `group`, this one with `device`, and sums one number as a trial. Throws in all processes, with
  /// one line, where it fails in one.
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
        throw EngineError("a trial of NCCL", message: "NCCL: a sum over all GPUs is \(sum), where \(expected) is right")
      }
      return true
    }
    return link
  }
}
