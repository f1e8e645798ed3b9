import CTorch

/// Version, threads, determinism and devices of the engine.
package enum Engine {
  /// The version of libtorch that the program was built with.
  package static var version: String { String(cString: ct_version()) }

  /// Threads per operator. Runs give equal bytes only for equal counts.
  package static var threadCount: Int { Int(ct_thread_count()) }

  /// Sets the threads per operator, at least 1. Throws `EngineError` if torch refuses.
  package static func setThreadCount(_ count: Int) throws {
    try check(ct_set_thread_count(Int32(clamping: max(count, 1))), "setting the thread count")
  }

  /// If `on`, the threads of an operator sleep while they wait for each other, which leaves the cores to other
  /// processes; else they wait as the environment says. `team` plus the engine's threads must exceed the number of
  /// cores. Results do not change. Throws `EngineError` if torch refuses.
  package static func setWaitsAsleep(_ on: Bool, team: Int) throws {
    try check(ct_wait_asleep(on, Int32(clamping: max(team, 2))), "letting threads sleep")
  }

  /// Chooses kernels with equal bytes in every run, or the fastest kernels. If an operator has no such kernel, the
  /// engine warns on stderr and continues. Holds for the process; call it before the first work on a GPU. Throws
  /// `EngineError` if torch refuses.
  package static func setDeterministic(_ on: Bool) throws {
    try check(ct_set_deterministic(on), "deterministic algorithms")
  }

  /// Allows or forbids TF32 (10 of 23 bits of mantissa) for the factors of float32 convolutions and matrix products on
  /// CUDA. Feeder starts with it off; torch alone allows it for convolutions. Throws `EngineError` if torch refuses.
  package static func setTF32(_ on: Bool) throws { try check(ct_set_tf32(on), "setting TF32") }

  /// True if convolutions or matrix products may round to TF32.
  package static var allowsTF32: Bool { ct_tf32() }

  /// Number of usable CUDA devices.
  package static var cudaDeviceCount: Int { Int(ct_cuda_count()) }

  /// One line: CUDA is usable, or the reason why it is not.
  package static var cudaStatus: String { String(cString: ct_cuda_status()) }
}
