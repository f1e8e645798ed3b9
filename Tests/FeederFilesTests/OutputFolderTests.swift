import Foundation
import Testing

@testable import FeederFiles

@Suite("A folder of results takes the place of nothing that is there")
struct OutputFolderTests {
  private let folder: TemporaryFolder
  private let own = FileSignature(start: "feeder")

  init() throws { folder = try TemporaryFolder() }

  private func open(_ name: String, reading: [String] = []) throws -> OutputFolder {
    try OutputFolder(
      folder.file(name), option: "--out", names: ["a.jpg", "b.jpg"], reading: reading.map(folder.file)
    ) { _ in own }
  }

  @Test("A new folder is made with its parents, and removed with them if nothing is written")
  func made() throws {
    let results = try open("deep/er/out")
    results.removeIfEmpty()
    #expect(folder.names.isEmpty)
    try open("deep/er/out/").write(Data("feeder".utf8), as: "a.jpg")
    #expect(try folder.text("deep/er/out/a.jpg") == "feeder")
  }

  @Test("Earlier results stay, and the new ones get a folder with the next number")
  func numbers() throws {
    for (name, expected) in [("out", "out"), ("out/", "out2"), ("out", "out3")] {
      let results = try open(name)
      try results.write(Data("feeder".utf8), as: "a.jpg")
      #expect(results.path == folder.file(expected))
      #expect((results.note == nil) == (expected == "out"))
    }
  }

  @Test("A folder that holds a foreign file of one of the names is refused; other files do not matter")
  func foreign() throws {
    #expect(mkdir(folder.file("out"), 0o755) == 0)
    try folder.write("mine", "out/notes.txt")
    try open("out").write(Data("feeder".utf8), as: "a.jpg")
    try folder.write("mine", "out/b.jpg")
    let error = #expect(throws: FileError.self) { try open("out") }
    #expect(error?.description.contains("b.jpg") == true)
    #expect(try folder.text("out/b.jpg") == "mine" && folder.names == ["out"])
  }

  @Test("A folder that is read from is refused, by every way that leads to it")
  func read() throws {
    #expect(mkdir(folder.file("pictures"), 0o755) == 0)
    #expect(symlink("pictures", folder.file("link")) == 0)
    for name in ["pictures", "pictures/", "link", "pictures/../pictures"] {
      let error = #expect(throws: FileError.self) { try open(name, reading: ["pictures"]) }
      #expect(error?.description.contains("reads images from") == true)
    }
    #expect(folder.names == ["link", "pictures"])
  }

  @Test("A file, a pipe and a name taken meanwhile are refused; a link to a free place is followed")
  func others() throws {
    try folder.write("mine", "file")
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    for name in ["file", "pipe", "file/out"] { #expect(throws: FileError.self) { try open(name) } }
    #expect(symlink("later", folder.file("link")) == 0)
    let results = try open("link")
    try results.write(Data("feeder".utf8), as: "a.jpg")
    #expect(try folder.text("later/a.jpg") == "feeder" && folder.type("link") == S_IFLNK)
    #expect(throws: FileError.self) { try results.write(Data(), as: "a.jpg") }
  }
}
