import Foundation
import Testing

@testable import FeederFiles

@Suite("No result is written over a file that is read, or that Feeder did not write")
struct OutputFileTests {
  private let folder: TemporaryFolder
  private let own = FileSignature(start: "feeder result\n")

  init() throws { folder = try TemporaryFolder() }

  private func open(_ name: String, reading: [String] = []) throws -> OutputFile {
    try OutputFile(folder.file(name), option: "--save", own) { reading.map(folder.file) }
  }

  private func write(_ text: String, _ name: String) throws -> String {
    let file = try open(name)
    try file.write(Data(("feeder result\n" + text).utf8))
    return URL(filePath: file.path).lastPathComponent
  }

  private func expectRefusal(_ name: String, _ word: String, reading: [String] = []) {
    let before = folder.names
    let error = #expect(throws: FileError.self, "\(name)") { try open(name, reading: reading) }
    #expect(error?.description.contains(word) == true && error?.description.contains("--save") == true, "\(name)")
    #expect(folder.names == before)
  }

  @Test("An earlier result stays, and the new one gets the next number")
  func numbers() throws {
    #expect(try write("1", "p.json") == "p.json")
    #expect(try write("2", "p.json") == "p2.json")
    #expect(try write("3", "p.json") == "p3.json")
    #expect(try write("1", ".hidden") == ".hidden")
    #expect(try write("2", ".hidden") == ".hidden2")
    #expect(try folder.text("p.json").hasSuffix("1") && folder.text("p3.json").hasSuffix("3"))
    #expect(try open("p.json").note?.contains("p4.json") == true)
    #expect(try open("q.json").note == nil)
  }

  @Test("A name that another process takes meanwhile is not overwritten either")
  func taken() throws {
    let file = try open("p.json")
    try folder.write("mine", "p.json")
    try file.write(Data("feeder result\n".utf8))
    #expect(file.path == folder.file("p2.json"))
    #expect(try folder.text("p.json") == "mine")
  }

  @Test("Files of others are refused, by every way that leads to them")
  func foreign() throws {
    try folder.write("mine", "notes")
    #expect(symlink("notes", folder.file("link")) == 0)
    #expect(link(folder.file("notes"), folder.file("hard")) == 0)
    for name in ["notes", "link", "hard", "../\(URL(filePath: folder.path).lastPathComponent)/notes"] {
      expectRefusal(name, "is no earlier result")
    }
    #expect(try folder.text("notes") == "mine")
  }

  @Test("An empty file is written, unless the command reads it")
  func empty() throws {
    try folder.write("", "made-by-mktemp")
    #expect(symlink("made-by-mktemp", folder.file("link")) == 0)
    #expect(try write("x", "link") == "link")
    #expect(try folder.text("made-by-mktemp").hasSuffix("x") && folder.type("link") == S_IFLNK)
    try folder.write("", "label.txt")
    #expect(link(folder.file("label.txt"), folder.file("hard")) == 0)
    for name in ["label.txt", "hard"] { expectRefusal(name, "this command reads", reading: ["other", "label.txt"]) }
  }

  @Test("Folders, missing folders and read-only files are refused")
  func unfit() throws {
    expectRefusal(".", "is a folder")
    expectRefusal("nowhere/p.json", "cannot be written")
    chmod(try folder.write("", "locked"), 0o444)
    expectRefusal("locked", "read-only")
  }

  @Test("An open file that the command reads is refused as well")
  func descriptor() throws {
    let descriptor = Foundation.open(try folder.write("weights", "w"), O_WRONLY | O_APPEND)
    defer { close(descriptor) }
    #expect(throws: FileError.self) {
      try OutputFile("/dev/fd/\(descriptor)", option: "--save", own) { [folder.file("w")] }
    }
    #expect(try folder.text("w") == "weights")
  }
}
