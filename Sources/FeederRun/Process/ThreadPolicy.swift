import FeederCore
import Foundation

/// What the engine's libraries read from the environment before `main` runs: they need one new start of the same program.
package enum ThreadPolicy {
  private static let guardName = "FEEDER_RESTARTED"

  /// - OMP_WAIT_POLICY: threads of libgomp that wait busily starve the loader; passive ones sleep.
  /// - GOMP_SPINCOUNT: a step makes thousands of short waits; spinning some microseconds before sleeping saves a futex call
  ///   for each, 10 to 38 % of a CPU step, and is still too short to starve anyone (docs/measurements).
  /// - glibc's allocator hands large blocks back to the kernel at once, which then clears every page of the next step's
  ///   activations again (7 to 20 % of a CPU step, docs/measurements): keep them, in huge pages where there are any.
  private static let wanted = [
    ("OMP_WAIT_POLICY", "PASSIVE"),
    ("GOMP_SPINCOUNT", "30000"),
    (
      "GLIBC_TUNABLES",
      "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=68719476736:glibc.malloc.hugetlb=1"
    ),
  ]

  /// Restarts the program once, in the same process, where the user has set none of these; for commands that run the engine.
  package static func restartOnce() {
    let engineCommands: Set<String> = ["train", "val", "predict", "profile", "bench"]
    guard CommandLine.arguments.count > 1, engineCommands.contains(CommandLine.arguments[1]),
      getenv(guardName) == nil
    else { return }
    setenv(guardName, "1", 1)
    for (name, value) in wanted { setenv(name, value, 0) }
    _ = withCStrings(CommandLine.arguments) { execve("/proc/self/exe", $0, environ) }
    // Where the kernel refuses, the program goes on as it is: slower, not wrong.
  }
}
