import Foundation

/// What the kernel says of this process's memory.
package enum HostMemory {
  /// The most bytes that were resident at once since the process began, or `forgetPeak()`; 0 where the kernel does not say.
  package static var peakBytes: Int { field("VmHWM:") }

  /// The bytes that are resident now; 0 where the kernel does not say.
  package static var bytes: Int { field("VmRSS:") }

  /// Lets `peakBytes` count from now on; without effect where the kernel does not allow it.
  package static func forgetPeak() {
    let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, "5", 1)  // resets VmHWM: proc(5)
    close(descriptor)
  }

  /// Bytes behind `name` in /proc/self/status; 0 where the kernel does not say.
  static func field(_ name: String) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
    }
    return 0
  }
}
