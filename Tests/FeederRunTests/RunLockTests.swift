import Dispatch
import Foundation
import Synchronization
import Testing

@testable import FeederTraining
@testable import FeederRun

@Suite("A run folder belongs to one process at a time")
struct RunLockTests {
  private static let pace = LockFile.Pace(beat: 0.01, look: 0.01, silence: 0.3)

  private final class Folder: Sendable {
    let url = FileManager.default.temporaryDirectory.appending(path: "feeder-lock-\(UUID().uuidString)")
    var path: String { url.appending(path: RunLock.name).path }
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] }

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to path: String? = nil) throws {
      try Data(text.utf8).write(to: URL(filePath: path ?? self.path))
    }

    func lock(
      silence: Double = RunLockTests.pace.silence, note: (String) -> Void = { _ in },
      onLoss: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> RunLock {
      var pace = RunLockTests.pace
      pace.silence = silence
      return try RunLock(url, pace: pace, holder: LockHolder(), note: note, onLoss: onLoss)
    }
  }

  /// The text of a lock with another value in its line `name`.
  private func lockText(_ name: String, _ value: String) -> String {
    LockHolder().text(beat: 0).split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix(name + " ") ? "\(name) \(value)" : String($0) }.joined(separator: "\n")
  }

  @Test("A second holder is refused in a line that names the first, and a released folder is free and empty")
  func held() throws {
    let folder = try Folder()
    let lock = try folder.lock()
    let refusal = #expect(throws: RunFolderError.self) { try folder.lock() }
    #expect(refusal?.description.contains("another process is training in it (process \(getpid()) on ") == true)
    #expect(throws: RunFolderError.self) { try RunLock.check(folder.url) }
    #expect(folder.names == [RunLock.name])
    lock.release()
    #expect(folder.names.isEmpty)
    try folder.lock().release()
    try RunLock.check(folder.url)
  }

  @Test(
    "A lock whose process is gone is taken over at once, and a line says so; a later process of the same id is not taken for it",
    arguments: [("process", "\(Int32.max)"), ("start", "1")])
  func gone(name: String, value: String) throws {
    let folder = try Folder()
    try folder.write(lockText(name, value))
    try RunLock.check(folder.url)
    var lines: [String] = []
    let lock = try folder.lock(note: { lines.append($0) })
    #expect(lines.count == 1 && lines[0].contains("takes over"), "\(lines)")
    #expect(folder.names == [RunLock.name])
    lock.release()
    #expect(folder.names.isEmpty)
  }

  @Test("Of many processes that see a lock that was left exactly one takes it over")
  func race() throws {
    let folder = try Folder()
    for round in 0..<30 {
      try folder.write(lockText("start", "\(round + 1)"))
      let locks = Mutex<[RunLock]>([])
      DispatchQueue.concurrentPerform(iterations: 12) { _ in
        guard let lock = try? folder.lock() else { return }
        locks.withLock { $0.append(lock) }
      }
      let won = locks.withLock { $0 }
      #expect(won.count == 1)
      #expect(folder.names == [RunLock.name])
      won.forEach { $0.release() }
    }
  }

  @Test("A process killed during a takeover does not block the next one")
  func killedBetween() throws {
    let folder = try Folder()
    let left = lockText("start", "1")
    try folder.write(left)
    let token = try #require(LockHolder(left)?.token)
    try folder.write(lockText("start", "2"), to: folder.path + ".after-" + token)
    try folder.write(lockText("start", "3"), to: folder.path + ".4711-abc")
    try folder.lock().release()
    #expect(folder.names.isEmpty)
  }

  @Test("A lock of another machine is respected during its heartbeat, and taken over after it has stopped")
  func otherMachine() throws {
    let folder = try Folder()
    let text = lockText("machine", "another")
    try folder.write(text)
    let other = try #require(LockHolder(text))
    let isOver = Atomic(false)
    let ended = DispatchSemaphore(value: 0)
    let file = LockFile(path: folder.path, holder: other, pace: Self.pace)
    Thread.detachNewThread {
      var count = 0
      while !isOver.load(ordering: .relaxed) {
        count += 1
        _ = file.beat(count)
      }
      ended.signal()
    }
    var lines: [String] = []
    #expect(throws: RunFolderError.self) { try folder.lock(silence: 600, note: { lines.append($0) }) }
    #expect(lines.count == 1 && lines[0].contains("waits up to"), "\(lines)")
    isOver.store(true, ordering: .relaxed)
    ended.wait()
    try folder.lock().release()
    #expect(folder.names.isEmpty)
  }

  @Test("Anything else in the lock's place counts as a lock without a heartbeat")
  func rubbish() throws {
    let folder = try Folder()
    for text in ["", "feeder", String(lockText("start", "1").dropLast(20))] {
      try folder.write(text)
      try folder.lock().release()
      #expect(folder.names.isEmpty)
    }
  }

  @Test("A user's file in the lock's place, and copies of locks beside it, stay")
  func foreign() throws {
    let folder = try Folder()
    try folder.write("my notes\n")
    let error = #expect(throws: RunFolderError.self) { try folder.lock() }
    #expect(
      error?.description.contains("run.lock: is not a lock file of Feeder") == true, "\(String(describing: error))")
    try FileManager.default.removeItem(atPath: folder.path)
    for name in [".old", ".txt", ".my-notes"] { try folder.write("mine", to: folder.path + name) }
    try folder.lock().release()
    #expect(folder.names.sorted() == ["run.lock.my-notes", "run.lock.old", "run.lock.txt"])
  }

  @Test("A process learns that its lock was taken over")
  func loss() throws {
    let folder = try Folder()
    let told = DispatchSemaphore(value: 0)
    let lock = try folder.lock(onLoss: { _ in told.signal() })
    // In one step, as a takeover does it.
    let path = folder.path + ".other"
    try folder.write(lockText("machine", "another"), to: path)
    #expect(rename(path, folder.path) == 0)
    #expect(told.wait(timeout: .now() + 60) == .success)
    lock.release()
    #expect(folder.names == [RunLock.name], "the other process's lock stays")
  }
}
