import FeederFiles
import Testing

@Suite("Names on the disk")
struct FolderSyncTests {
  @Test("a folder that cannot be synced is no failure, a missing one is")
  func results() {
    #expect(FolderSync.wait("/tmp"))
    #expect(FolderSync.wait("/proc"))  // EINVAL
    #expect(!FolderSync.wait("/proc/no-such-folder"))
  }
}
