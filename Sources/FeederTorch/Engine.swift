import CTorch

/// The engine as a whole: version, threads, devices.
package enum Engine {
  /// The version of libtorch that the program was built with.
  package static var version: String { String(cString: ct_version()) }

  /// Threads that one operator uses. Byte equality of runs holds for one count.
  package static var threadCount: Int { Int(ct_thread_count()) }

  /// Sets the threads that one operator uses, at least 1.
  package static func setThreadCount(_ count: Int) throws {
    try check(ct_set_thread_count(Int32(clamping: max(count, 1))), "setting the thread count")
  }

  /// Lets the threads of an operator sleep while they wait for each other, for the sake of other processes, or wait as the
  /// environment says. `team` and the engine's threads together must be more than there are cores. Numbers do not change.
  package static func setWaitsAsleep(_ on: Bool, team: Int) throws {
    try check(ct_wait_asleep(on, Int32(clamping: max(team, 2))), "letting threads sleep")
  }

  /// Chooses kernels that give equal bytes from run to run, or the fastest. If an operator has no such kernel, the engine says so on
  /// stderr and goes on. Holds for the process, and is set before the first work of a GPU.
  package static func setDeterministic(_ on: Bool) throws {
    try check(ct_set_deterministic(on), "deterministic algorithms")
  }

  /// Lets float32 convolutions and products of matrices on CUDA round their factors to TF32 (10 bits of mantissa for 23), or
  /// not. It starts off, where the engine alone would start with it on for convolutions.
  package static func setTF32(_ on: Bool) throws { try check(ct_set_tf32(on), "setting TF32") }

  /// True where convolutions or products of matrices may round to TF32.
  package static var allowsTF32: Bool { ct_tf32() }

  /// Count of usable CUDA devices.
  package static var cudaDeviceCount: Int { Int(ct_cuda_count()) }

  /// One line: that CUDA can be used, or why not.
  package static var cudaStatus: String { String(cString: ct_cuda_status()) }
}
