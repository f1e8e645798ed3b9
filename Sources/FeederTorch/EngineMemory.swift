import CTorch

/// Memory that the engine's tensors take. On the host every block is counted; a device is asked.
package enum EngineMemory {
  /// Bytes of tensors on the host now, of all threads.
  package static var hostBytes: Int { Int(ct_host_bytes()) }

  /// The most bytes of tensors on the host at once since the process began or `resetHostPeak` was called.
  package static var hostPeakBytes: Int { Int(ct_host_peak_bytes()) }

  /// Starts a new peak at what there is now.
  package static func resetHostPeak() { ct_host_reset_peak() }

  /// Bytes that the CUDA device of that index has left for everyone, and has in all. Throws where there is no such device.
  package static func device(_ index: Int) throws -> (freeBytes: Int, totalBytes: Int) {
    var (free, total): (Int64, Int64) = (0, 0)
    try check(ct_device_memory(Int32(clamping: index), &free, &total), "memory of cuda:\(index)")
    return (Int(free), Int(total))
  }
}
