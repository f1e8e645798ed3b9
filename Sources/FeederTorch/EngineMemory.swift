import CTorch

/// Memory that the engine's tensors take. On the host every block is counted; a device is asked.
package enum EngineMemory {
  /// Bytes of tensors on the host now, of all threads.
  package static var hostBytes: Int { Int(ct_host_bytes()) }

  /// The most bytes of tensors on the host at once since the process began or `resetHostPeak` was called.
  package static var hostPeakBytes: Int { Int(ct_host_peak_bytes()) }

  /// Bytes of the heap that nothing uses and that count against the process's limits all the same.
  package static var idleHeapBytes: Int { Int(ct_host_idle_bytes()) }

  /// Starts a new peak at what there is now.
  package static func resetHostPeak() { ct_host_reset_peak() }

  /// Lets tensors on the host take `bytes` at most; nil sets no limit. More is an error that `isOutOfMemory`: kernels and threads,
  /// which bear missing memory badly, then still find some.
  package static func setHostLimit(_ bytes: Int?) { ct_host_set_limit(Int64(max(bytes ?? .max, 0))) }

  /// Gives memory that no tensor uses back to the system and to `device`.
  package static func releaseUnused(_ device: Device) throws {
    try check(ct_release_unused(device.index), "giving memory back")
  }

  /// Bytes that the CUDA device of that index has left for everyone, and has in all. Throws where there is no such device.
  package static func device(_ index: Int) throws -> (freeBytes: Int, totalBytes: Int) {
    var (free, total): (Int64, Int64) = (0, 0)
    try check(ct_device_memory(Int32(clamping: index), &free, &total), "memory of cuda:\(index)")
    return (Int(free), Int(total))
  }

  /// The most bytes of tensors on `device` at once: on the CPU as `hostPeakBytes`, on CUDA since the process began.
  package static func peakBytes(on device: Device) throws -> Int {
    guard case .cuda(let index) = device else { return hostPeakBytes }
    var bytes: Int64 = 0
    try check(ct_device_peak_bytes(Int32(clamping: index), &bytes), "peak memory of \(device)")
    return Int(bytes)
  }
}
