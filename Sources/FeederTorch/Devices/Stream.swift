import CTorch

/// A queue of work of one device. Work of one stream is done in order, that of several side by side. The CPU has one, and has
/// done everything as soon as it is asked for.
package struct Stream: Sendable {
  let handle: ct_stream

  /// The stream that operators of this thread go to on `device`.
  package static func current(on device: Device) throws -> Stream {
    var handle = ct_stream()
    try check(ct_stream_current(device.index, &handle), "asking for the stream of \(device)")
    return Stream(handle: handle)
  }

  /// A stream of `device` beside its default one.
  package static func side(on device: Device) throws -> Stream {
    var handle = ct_stream()
    try check(ct_stream_side(device.index, &handle), "making a stream of \(device)")
    return Stream(handle: handle)
  }

  /// Runs `body` with its operators going to this stream.
  package func run<R>(_ body: () throws -> R) throws -> R {
    var before = ct_stream()
    try check(ct_stream_exchange(handle, &before), "changing the stream")
    defer {
      var own = ct_stream()
      // The stream was the current one before, so it can be again.
      _ = ct_stream_exchange(before, &own)
    }
    return try body()
  }

  /// Later work of this stream waits for `event`; the host goes on.
  package func wait(for event: DeviceEvent) throws {
    try check(ct_event_block(event.handle, handle), "waiting for an event")
  }

  /// Keeps the memory of `tensor`, made on another stream, for what this stream was given until the tensor's end.
  package func hold(_ tensor: Tensor) throws { try check(ct_stream_hold(tensor.handle, handle), "holding a tensor") }
}

/// A mark in a stream: past once the stream has done everything before it.
///
/// Unchecked because of the handle. Invariant: recorded once in `init`, only waited for afterwards, which torch allows
/// from any thread.
package final class DeviceEvent: @unchecked Sendable {
  let handle: OpaquePointer

  /// A mark after everything that `stream` was given until now.
  package init(after stream: Stream) throws {
    var handle: OpaquePointer?
    try check(ct_event_new(stream.handle.device, &handle), "making an event")
    guard let handle else { preconditionFailure("the shim returned success without an event") }
    self.handle = handle
    try check(ct_event_record(handle, stream.handle), "recording an event")
  }

  deinit { ct_event_release(handle) }

  /// True once the stream has come so far.
  package func isPast() throws -> Bool {
    var isPast = false
    try check(ct_event_past(handle, &isPast), "asking for an event")
    return isPast
  }

  /// Waits until the stream has come so far.
  package func wait() throws { try check(ct_event_wait(handle), "waiting for an event") }
}

extension Device {
  /// The shim's number: -1 for the CPU.
  var index: Int32 {
    if case .cuda(let index) = self { Int32(clamping: index) } else { -1 }
  }
}
