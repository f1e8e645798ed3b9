import Foundation
import Testing

@Suite("Another Swift program can load a data set")
struct LibraryTests {
  @Test("the example of the documentation runs and repeats itself to the last pixel")
  func example() throws {
    let boards = try SmallBoards(12)
    func run() throws -> FeederProcess {
      try FeederProcess([boards.url("boards").path], in: boards.folder.url, program: "LoadBoards")
    }
    let first = try run()
    #expect(first.status == 0, "\(first.messages)")
    let lines = first.output.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasPrefix("epoch 0: mean ") && lines[1].contains("boxes, stream "))
    #expect(lines[0].split(separator: " ").last != lines[1].split(separator: " ").last)
    #expect(try run().output == first.output)
  }
}
