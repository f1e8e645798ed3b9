import Foundation

/// An address-space limit of this process (`ulimit`), and the rest below it.
package struct ProcessLimit: Sendable, Equatable {
  /// The limit's name and the shell's option for it.
  package let name: String
  /// Bytes that the process may still map.
  package let left: Int

  /// The limits that are set now: address space (RLIMIT_AS) and data (RLIMIT_DATA).
  package static var all: [ProcessLimit] {
    let kinds = [(RLIMIT_AS, "VmSize:", "RLIMIT_AS (ulimit -v)"), (RLIMIT_DATA, "VmData:", "RLIMIT_DATA (ulimit -d)")]
    return kinds.compactMap { resource, field, name in
      guard let most = most(resource) else { return nil }
      return ProcessLimit(name: name, left: max(most - used(field), 0))
    }
  }

  private static func most(_ resource: __rlimit_resource) -> Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max) else {
      return nil
    }
    return Int(limit.rlim_cur)
  }

  /// The bytes that /proc/self/status gives for `field`; 0 if the kernel does not say.
  private static func used(_ field: String) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix(field) }),
      let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { return 0 }
    return kibibytes << 10
  }
}
