import Foundation

/// What the kernel says of this process's memory.
package enum HostMemory {
  /// The most bytes that were resident at once since the process began; 0 where the kernel does not say.
  package static var peakBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
    for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
    }
    return 0
  }
}
