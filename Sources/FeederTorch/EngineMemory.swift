import CTorch

/// The memory of the engine's tensors. On the host every block is counted; a device is asked.
package enum EngineMemory {
  /// Bytes of all threads' tensors on the host now.
  package static var hostBytes: Int { Int(ct_host_bytes()) }

  /// The most bytes of tensors on the host at one time, since the start of the process or `resetHostPeak`.
  package static var hostPeakBytes: Int { Int(ct_host_peak_bytes()) }

  /// Unused bytes of the heap, which still count against the process's limits.
  package static var idleHeapBytes: Int { Int(ct_host_idle_bytes()) }

  /// Restarts `hostPeakBytes` at the present bytes.
  package static func resetHostPeak() { ct_host_reset_peak() }

  /// Limits the bytes of tensors on the host; nil removes the limit. A larger allocation is an error with
  /// `isOutOfMemory`. This leaves memory for kernels and threads, which handle missing memory badly.
  package static func setHostLimit(_ bytes: Int?) { ct_host_set_limit(Int64(max(bytes ?? .max, 0))) }

  /// Returns unused tensor memory to the system and to `device`. Throws `EngineError` if the device fails.
  package static func releaseUnused(_ device: Device) throws {
    try check(ct_release_unused(device.index), "giving memory back")
  }

  /// Free bytes of the CUDA device `index`, for all programs, and its total bytes. Throws `EngineError` if there is no
  /// such device.
  package static func device(_ index: Int) throws -> (freeBytes: Int, totalBytes: Int) {
    var (free, total): (Int64, Int64) = (0, 0)
    try check(ct_device_memory(Int32(clamping: index), &free, &total), "memory of cuda:\(index)")
    return (Int(free), Int(total))
  }

  /// The most bytes of tensors on `device` at one time: on the CPU as `hostPeakBytes`, on CUDA since the start of the
  /// process. Throws `EngineError` if the device fails.
  package static func peakBytes(on device: Device) throws -> Int {
    guard case .cuda(let index) = device else { return hostPeakBytes }
    var bytes: Int64 = 0
    try check(ct_device_peak_bytes(Int32(clamping: index), &bytes), "peak memory of \(device)")
    return Int(bytes)
  }
}
