import CTorch

/// Page-locks host memory, which CUDA devices can then read themselves, in parallel to other work.
package enum PageLock {
  /// Page-locks `memory`. The caller owns it and must unlock it before it frees it. Throws `EngineError` if there is no
  /// CUDA or the system refuses.
  package static func lock(_ memory: UnsafeMutableRawBufferPointer) throws {
    try check(ct_pin(memory.baseAddress, Int64(memory.count)), "page-locking")
  }

  /// Undoes `lock`. Throws `EngineError` if CUDA fails.
  package static func unlock(_ memory: UnsafeMutableRawBufferPointer) throws {
    try check(ct_unpin(memory.baseAddress), "page-locking")
  }
}
