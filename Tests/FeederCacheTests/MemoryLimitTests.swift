import FeederCore
import Foundation
import Testing

@testable import FeederCache

@Suite("The default of --memory follows what the machine and its control groups leave")
struct MemoryLimitTests {
  /// The memory limit of a system with these files.
  private func limit(_ files: [String: String]) throws -> MemoryLimit {
    let root = try SystemFiles(files)
    return withExtendedLifetime(root) { MemoryLimit(root: root.path) }
  }

  private let machine = "MemTotal: 33554432 kB\nMemFree: 100 kB\nMemAvailable: 16777216 kB\n"

  @Test("a quarter of what the machine has available, from 64 MiB to 2 GiB")
  func machineAlone() throws {
    for (kibibytes, expected) in [(16 << 20, 2 << 30), (4 << 20, 1 << 30), (100 << 10, 64 << 20), (0, 64 << 20)] {
      let found = try limit(["/proc/meminfo": "MemAvailable: \(kibibytes) kB\n"])
      #expect(found.available == kibibytes << 10 && !found.isGroup)
      #expect(found.defaultBudget == expected)
    }
  }

  @Test("the tightest control group above the process counts, less what it holds, files aside")
  func versionTwo() throws {
    let found = try limit([
      "/proc/meminfo": machine, "/proc/self/cgroup": "0::/outer/inner\n",
      "/sys/fs/cgroup/outer/memory.max": "\(3 << 30)\n", "/sys/fs/cgroup/outer/memory.current": "\(1 << 30)\n",
      "/sys/fs/cgroup/outer/memory.stat": "anon 5\ninactive_file \(256 << 20)\nactive_file \(256 << 20)\n",
      "/sys/fs/cgroup/outer/inner/memory.max": "max\n", "/sys/fs/cgroup/outer/inner/memory.current": "5\n",
    ])
    #expect(found.isGroup && found.available == (3 << 30) - (512 << 20))
    #expect(found.defaultBudget == 640 << 20)
    #expect(found.line.flags.contains("640.0 MiB") && found.line.flags.contains("control group"))
  }

  @Test("version 1 too; its number for no limit leaves the machine's")
  func versionOne() throws {
    var files = [
      "/proc/meminfo": machine, "/proc/self/cgroup": "4:cpu,memory:/job\n1:name=systemd:/\n",
      "/sys/fs/cgroup/memory/job/memory.limit_in_bytes": "\(1 << 30)\n",
      "/sys/fs/cgroup/memory/job/memory.usage_in_bytes": "\(100 << 20)\n",
      "/sys/fs/cgroup/memory/job/memory.stat": "total_inactive_file \(20 << 20)\n",
    ]
    #expect(try limit(files).available == (1 << 30) - (80 << 20))
    files["/sys/fs/cgroup/memory/job/memory.limit_in_bytes"] = "9223372036854771712\n"
    let free = try limit(files)
    #expect(free.available == 16 << 30 && !free.isGroup)
  }

  @Test("files that say nonsense, or nothing, leave a usable default")
  func nonsense() throws {
    let found = try limit([
      "/proc/meminfo": "MemAvailable: 99999999999999999999 kB\n", "/proc/self/cgroup": "0::\n:::::\nx",
      "/sys/fs/cgroup/memory.max": "-3", "/sys/fs/cgroup/memory.current": "",
    ])
    #expect(found.defaultBudget == 2 << 30)
    #expect(MemoryLimit(root: "/nowhere").defaultBudget == 2 << 30)
    #expect(MemoryLimit().defaultBudget >= 64 << 20)
  }

  @Test("a limit of the process's own address space counts if it leaves less than the machine, and is named")
  func processLimit() throws {
    let root = try SystemFiles(["/proc/meminfo": machine])
    func limit(_ left: Int...) -> MemoryLimit {
      MemoryLimit(root: root.path, limits: left.map { ProcessLimit(name: "limit of \($0)", left: $0) })
    }
    withExtendedLifetime(root) {
      let near = limit(1 << 30, 400 << 20)
      #expect(near.available == 400 << 20 && near.bound == .process("limit of \(400 << 20)"))
      #expect(near.line.flags.contains("under limit of"))
      #expect(limit(64 << 30).bound == .machine)
      #expect(limit().available == 16 << 30)
    }
  }
}
