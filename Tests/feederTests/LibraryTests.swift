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

  @Test("the training example writes the weights that feeder train writes, and refuses to train over them")
  func training() throws {
    let boards = try SmallBoards(12)
    let folder = boards.folder.url.appending(path: "weights").path
    func run() throws -> FeederProcess {
      try FeederProcess([boards.url("boards").path, folder], in: boards.folder.url, program: "TrainBoards")
    }
    let first = try run()
    #expect(first.status == 0, "\(first.messages)")
    let lines = first.output.split(separator: "\n")
    #expect(lines.count == 3 && lines[1].hasPrefix("epoch 1: box loss ") && lines[2].hasPrefix("finished: best"))
    let same = try FeederProcess(
      ["train", boards.url("boards").path, "--epochs", "2", "--image-size", "160", "--batch", "8", "--plots", "false"],
      in: boards.folder.url)
    #expect(same.status == 0, "\(same.messages)")
    for name in ["best", "last"] {
      let theirs = boards.folder.url.appending(path: "runs/train/weights/\(name).safetensors").path
      let (mine, run) = (
        FileManager.default.contents(atPath: folder + "/\(name).safetensors"),
        FileManager.default.contents(atPath: theirs)
      )
      #expect(mine != nil && mine == run, "\(name)")
    }
    #expect(try run().output.contains("holds a checkpoint; resume it, or name another folder"))
  }
}
