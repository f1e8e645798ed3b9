import CTorch

/// Numbers that are copied from a device to the host and read a few steps later, without stopping the device.
package final class LateNumbers {
  private let host: Tensor
  private let event: DeviceEvent

  /// Starts a copy of `tensor`, as it will be when the present work is done. Throws `EngineError` if the device fails.
  package init(_ tensor: Tensor) throws {
    var handle: OpaquePointer?
    try check(ct_start_reading(tensor.handle, &handle), "reading numbers of a device")
    guard let handle else { preconditionFailure("the shim returned success without a tensor") }
    host = Tensor(owning: handle)
    event = try DeviceEvent(after: .current(on: tensor.device))
  }

  /// The numbers. Waits if the device has not copied them yet. Throws `EngineError` if the device fails.
  package func array() throws -> [Float] {
    try event.wait()
    return try host.array()
  }
}
