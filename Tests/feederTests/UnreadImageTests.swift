import Foundation
import Testing

@Suite("An image that cannot be read while a cache is built is left out until it can be, and no longer")
struct UnreadImageTests {
  @Test("it is named, tried again by the next command, and then read alone", arguments: ["pixels", "jpeg"])
  func unread(_ form: String) throws {
    let boards = try SmallBoards(30)
    let name = try #require(boards.names("boards/images/train").dropFirst(3).first)
    let count = boards.names("boards/images/train").count
    let disk = FaultyDisk(folder: boards.folder.url)
    func cache(_ words: String..., environment: [String: String] = [:], folder: String = "cache") throws
      -> FeederProcess
    {
      try FeederProcess(
        ["cache"] + words + ["--cache-dir", folder], in: boards.folder.url, environment: environment)
    }
    func build(_ environment: [String: String] = [:], folder: String = "cache") throws -> FeederProcess {
      try cache(
        "build", "boards", "--image-size", "64", "--cache", form, "--channels", "1", environment: environment,
        folder: folder)
    }
    let broken = try disk.unreadable(name)
    let first = try build(broken)
    #expect(first.status == 0 && first.messages.contains("Input/output error"), "\(first.messages)")
    let verified = try cache("verify", "boards")
    #expect(
      verified.status != 0 && verified.output.contains("could not be read when the cache was built"),
      "\(verified.output)")
    let second = try build(broken)
    #expect(second.status == 0 && !second.messages.contains("rebuilding"), "still away: \(second.messages)")
    let third = try build()
    #expect(third.status == 0 && third.messages.contains("\(name) can be read now"), "\(third.messages)")
    #expect(third.messages.contains("\(count - 1) of \(count) images of train taken over"), "\(third.messages)")
    #expect(try cache("verify", "boards").status == 0)
    #expect(try !build().messages.contains("rebuilding"))
    // The same bytes as a cache for which the image could always be read.
    #expect(try build(folder: "whole").status == 0)
    for file in boards.names("whole") where file.hasSuffix(".feedercache") {
      #expect(
        try Data(contentsOf: boards.url("whole/" + file)) == Data(contentsOf: boards.url("cache/" + file)), "\(file)")
    }
  }
}
