import FeederCore
import Foundation

/// Environment variables that the engine's libraries read before `main`. To set them, the program restarts itself.
package enum ThreadPolicy {
  private static let guardName = "FEEDER_RESTARTED"

  /// - OMP_WAIT_POLICY: libgomp's threads would spin while they wait and take the loader's cores; passive ones sleep.
  /// - GOMP_SPINCOUNT: a step makes thousands of short waits. Spinning for some microseconds first saves a futex call
  ///   per wait and 10 to 38 % of a CPU step (docs/measurements). It is short enough not to slow the loader.
  /// - GLIBC_TUNABLES: glibc returns large blocks to the kernel at once, which then clears every page of the next
  ///   step's activations: 7 to 20 % of a CPU step (docs/measurements). So keep them, in huge pages if possible.
  private static let wanted = [
    ("OMP_WAIT_POLICY", "PASSIVE"),
    ("GOMP_SPINCOUNT", "30000"),
    (
      "GLIBC_TUNABLES",
      "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=68719476736:glibc.malloc.hugetlb=1"
    ),
  ]

  /// Restarts the program once in the same process, for commands that run the engine. Does not change the user's
  /// values.
  package static func restartOnce() {
    let engineCommands: Set<String> = ["train", "val", "predict", "export", "profile", "bench"]
    guard CommandLine.arguments.count > 1, engineCommands.contains(CommandLine.arguments[1]),
      getenv(guardName) == nil
    else { return }
    setenv(guardName, "1", 1)
    for (name, value) in wanted { setenv(name, value, 0) }
    _ = withCStrings(CommandLine.arguments) { execve("/proc/self/exe", $0, environ) }
    // If the kernel refuses, the program continues: slower, but correct.
  }
}
