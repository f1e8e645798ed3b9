import CTorch

/// Host memory that CUDA devices read by themselves, beside other work.
package enum PageLock {
  /// Page-locks `memory`, which the caller owns and unlocks before it frees it. Throws one line where there is no CUDA, or
  /// where the system refuses.
  package static func lock(_ memory: UnsafeMutableRawBufferPointer) throws {
    try check(ct_pin(memory.baseAddress, Int64(memory.count)), "page-locking")
  }

  /// Undoes `lock`.
  package static func unlock(_ memory: UnsafeMutableRawBufferPointer) throws {
    try check(ct_unpin(memory.baseAddress), "page-locking")
  }
}
