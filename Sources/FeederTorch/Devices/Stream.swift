import CTorch

/// A queue of work of one device. Work in one stream runs in order, work in several streams in parallel. The CPU has
/// one stream and does all work at once.
package struct Stream: Sendable {
  let handle: ct_stream

  /// The stream of this thread's operators on `device`. Throws `EngineError` if the device fails.
  package static func current(on device: Device) throws -> Stream {
    var handle = ct_stream()
    try check(ct_stream_current(device.index, &handle), "asking for the stream of \(device)")
    return Stream(handle: handle)
  }

  /// A stream of `device` beside its default stream. Throws `EngineError` if the device fails.
  package static func side(on device: Device) throws -> Stream {
    var handle = ct_stream()
    try check(ct_stream_side(device.index, &handle), "making a stream of \(device)")
    return Stream(handle: handle)
  }

  /// Runs `body` with this stream as the current one. Throws what `body` throws, and `EngineError` if the device fails.
  package func run<R>(_ body: () throws -> R) throws -> R {
    var before = ct_stream()
    try check(ct_stream_exchange(handle, &before), "changing the stream")
    defer {
      var own = ct_stream()
      // Cannot fail: the stream was the current one before.
      _ = ct_stream_exchange(before, &own)
    }
    return try body()
  }

  /// Makes later work of this stream wait for `event`. The host does not wait. Throws `EngineError` if the device
  /// fails.
  package func wait(for event: DeviceEvent) throws {
    try check(ct_event_block(event.handle, handle), "waiting for an event")
  }

  /// Keeps the memory of `tensor`, made on another stream, until this stream's present work is done. Throws
  /// `EngineError` if the device fails.
  package func hold(_ tensor: Tensor) throws { try check(ct_stream_hold(tensor.handle, handle), "holding a tensor") }
}

/// A mark in a stream. It is past once the stream has done all work before it.
///
/// Unchecked because of the handle. Invariant: recorded once in `init`, later only waited for, which torch allows from
/// any thread.
package final class DeviceEvent: @unchecked Sendable {
  let handle: OpaquePointer

  /// A mark after all present work of `stream`. Throws `EngineError` if the device fails.
  package init(after stream: Stream) throws {
    var handle: OpaquePointer?
    try check(ct_event_new(stream.handle.device, &handle), "making an event")
    guard let handle else { preconditionFailure("the shim returned success without an event") }
    self.handle = handle
    try check(ct_event_record(handle, stream.handle), "recording an event")
  }

  deinit { ct_event_release(handle) }

  /// True once the stream has reached the mark. Throws `EngineError` if the device fails.
  package func isPast() throws -> Bool {
    var isPast = false
    try check(ct_event_past(handle, &isPast), "asking for an event")
    return isPast
  }

  /// Waits until the stream has reached the mark. Throws `EngineError` if the device fails.
  package func wait() throws { try check(ct_event_wait(handle), "waiting for an event") }
}

extension Device {
  /// The device's number in CTorch: -1 for the CPU.
  var index: Int32 {
    if case .cuda(let index) = self { Int32(clamping: index) } else { -1 }
  }
}
