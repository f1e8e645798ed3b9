import CTorch

/// Numbers on their way from a device to the host, read some steps later without stopping the device.
package final class LateNumbers {
  private let host: Tensor
  private let event: DeviceEvent

  /// Starts a copy of `tensor` as it will be once the work asked for until now is done.
  package init(_ tensor: Tensor) throws {
    var handle: OpaquePointer?
    try check(ct_start_reading(tensor.handle, &handle), "reading numbers of a device")
    guard let handle else { preconditionFailure("the shim returned success without a tensor") }
    host = Tensor(owning: handle)
    event = try DeviceEvent(after: .current(on: tensor.device))
  }

  /// The numbers; waits for them where the device has not come so far.
  package func array() throws -> [Float] {
    try event.wait()
    return try host.array()
  }
}
