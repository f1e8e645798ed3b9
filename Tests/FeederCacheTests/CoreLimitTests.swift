import Testing

@testable import FeederCache

@Suite("Threads are counted by what the scheduler and the control groups really give")
struct CoreLimitTests {
  /// The core limit of a system with these files, whose scheduler gives eight cores.
  private func limit(_ files: [String: String]) throws -> CoreLimit {
    let root = try SystemFiles(files)
    return withExtendedLifetime(root) { CoreLimit(root: root.path, coreCount: 8) }
  }

  @Test("no group, no limit")
  func none() throws {
    let found = try limit([:])
    #expect(found.quota == nil && found.usable == 8)
  }

  @Test("version 2: the tightest group above the process counts, and half a core counts as one")
  func versionTwo() throws {
    let found = try limit([
      "/proc/self/cgroup": "0::/outer/inner\n", "/sys/fs/cgroup/outer/cpu.max": "250000 100000\n",
      "/sys/fs/cgroup/outer/inner/cpu.max": "max 100000\n",
    ])
    #expect(found.quota == 2.5 && found.usable == 3)
    let small = try limit(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "5000 100000\n"])
    #expect(small.quota == 0.05 && small.usable == 1)
  }

  @Test("version 1: -1 means no limit")
  func versionOne() throws {
    var files = [
      "/proc/self/cgroup": "4:cpu:/job\n", "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "400000\n",
      "/sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
    ]
    #expect(try limit(files).usable == 4)
    files["/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us"] = "-1\n"
    #expect(try limit(files) == CoreLimit(root: "/nowhere", coreCount: 8))
  }

  @Test(
    "more than the machine has, or nonsense, leaves the scheduler's number",
    arguments: ["1600000 100000", "x", "1 0", "-5 100000"])
  func nonsense(text: String) throws {
    let found = try limit(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": text])
    #expect(found.usable == 8)
  }
}
