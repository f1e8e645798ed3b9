import Dispatch
import Foundation
import Synchronization
import Testing

@testable import FeederFiles

@Suite("Plain files are replaced, links are followed, pipes and devices are written into")
struct FileWriterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func replace(_ name: String, _ text: String) throws {
    try FileWriter.replace(Data(text.utf8), at: folder.file(name))
  }

  @Test("A plain file is another file afterwards, of the same mode, and nothing lies beside it")
  func plain() throws {
    let path = try folder.write("old", "a")
    chmod(path, 0o640)
    let reader = try #require(FileHandle(forReadingAtPath: path))
    try replace("a", "new")
    #expect(try folder.text("a") == "new")
    #expect(try reader.readToEnd() == Data("old".utf8), "who reads the old file keeps it")
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
    try replace(String(repeating: "x", count: 255), "long name")
    #expect(folder.names.count == 2)
  }

  @Test("A link stays, and the file at its end is written, even if there is none yet")
  func links() throws {
    try folder.write("old", "real")
    #expect(symlink("real", folder.file("one")) == 0)
    #expect(symlink("one", folder.file("two")) == 0)
    #expect(symlink("later", folder.file("dangling")) == 0)
    try replace("two", "new")
    try replace("dangling", "first")
    #expect(try folder.text("real") == "new")
    #expect(try folder.text("later") == "first")
    #expect(["one", "two", "dangling"].allSatisfy { folder.type($0) == S_IFLNK })
    #expect(symlink("loop", folder.file("loop")) == 0)
    #expect(throws: FileError.self) { try replace("loop", "") }
    #expect(throws: FileError.self) { try replace("nowhere/a", "") }
  }

  @Test("What killed processes left is removed by its name, and nothing else")
  func leftovers() throws {
    let own = FilePlace.parts(UnfinishedFiles.path(beside: folder.file("a"))).name
    let mine = [own, ".feeder-notes.partial", ".feeder-1-?.partial", "last.partial", ".feeder-1-a.partial.txt"]
    for name in mine + [".feeder-999999999-1k2.partial"] { try folder.write("", name) }
    UnfinishedFiles.removeLeftovers(in: folder.path)
    #expect(folder.names == mine.sorted())
  }

  @Test("Another name of the same file keeps what it holds")
  func hardLink() throws {
    try folder.write("old", "a")
    #expect(link(folder.file("a"), folder.file("b")) == 0)
    try replace("a", "new")
    #expect(try folder.text("b") == "old")
  }

  /// The bytes that another thread reads, for a test that writes at the same time.
  private final class Reader: Sendable {
    private let result = Mutex<Data?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    init(_ read: @escaping @Sendable () -> Data?) {
      Thread.detachNewThread { [self] in
        let data = read()
        result.withLock { $0 = data }
        isDone.signal()
      }
    }

    var data: Data? {
      isDone.wait()
      return result.withLock { $0 }
    }
  }

  @Test("A named pipe gets the bytes and stays a pipe; a reader that leaves is an error")
  func pipe() throws {
    signal(SIGPIPE, SIG_IGN)
    let path = folder.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let text = String(repeating: "0123456789", count: 20_000)
    let reading = Reader { (try? FileHandle(forReadingAtPath: path)?.readToEnd()) ?? nil }
    try replace("pipe", text)
    #expect(reading.data == Data(text.utf8))
    #expect(folder.type("pipe") == S_IFIFO && folder.names == ["pipe"])
    let leaving = Reader {
      close(open(path, O_RDONLY))
      return nil
    }
    let error = #expect(throws: FileError.self) { try replace("pipe", text) }
    #expect(error?.isReaderGone == true && leaving.data == nil)
  }

  @Test(
    "Devices stay devices, and a full one is an error",
    .enabled(if: TemporaryFolder.hasDevices, "skipped: no device can be made here (mknod)"))
  func devices() throws {
    #expect(folder.makeDevice("null", minor: 3) && folder.makeDevice("full", minor: 7))
    #expect(symlink("null", folder.file("link")) == 0)
    try replace("null", "gone")
    try replace("link", "gone")
    let error = #expect(throws: FileError.self) { try replace("full", "no room") }
    #expect(error?.description.contains("No space left") == true)
    #expect(folder.type("null") == S_IFCHR && folder.type("full") == S_IFCHR && folder.type("link") == S_IFLNK)
    #expect(folder.names == ["full", "link", "null"])
  }

  @Test("An open descriptor is written at its position, through any link to it")
  func descriptor() throws {
    let path = try folder.write("before ", "log")
    let descriptor = open(path, O_WRONLY | O_APPEND)
    defer { close(descriptor) }
    #expect(symlink("/proc/self/fd/\(descriptor)", folder.file("link")) == 0)
    try FileWriter.replace(Data("one ".utf8), at: "/dev/fd/\(descriptor)")
    try replace("link", "two")
    #expect(try folder.text("log") == "before one two")
    #expect(folder.type("link") == S_IFLNK && folder.names == ["link", "log"])
    let reading = open(path, O_RDONLY)
    defer { close(reading) }
    #expect(throws: FileError.self) { try FileWriter.replace(Data(), at: "/dev/fd/\(reading)") }
  }

  @Test("A new file never takes the place of another")
  func create() throws {
    #expect(try FileWriter.create(Data("one".utf8), at: folder.file("a")))
    #expect(try !FileWriter.create(Data("two".utf8), at: folder.file("a")))
    #expect(try folder.text("a") == "one" && folder.names == ["a"])
    #expect(throws: FileError.self) { try FileWriter.replace(Data(), at: folder.path) }
  }
}
