import Foundation

/// The resident memory of this process, from the kernel.
package enum HostMemory {
  /// The most resident bytes since the process began or since `forgetPeak()`; 0 if the kernel does not report them.
  package static var peakBytes: Int { field("VmHWM:") }

  /// The resident bytes now; 0 if the kernel does not report them.
  package static var bytes: Int { field("VmRSS:") }

  /// Restarts the measurement of `peakBytes`. No effect if the kernel does not allow it.
  package static func forgetPeak() {
    let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, "5", 1)  // resets VmHWM: proc(5)
    close(descriptor)
  }

  /// The value of field `name` of /proc/self/status, in bytes; 0 if the kernel does not report it.
  static func field(_ name: String) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
    }
    return 0
  }
}
