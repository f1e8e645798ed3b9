import Foundation
import Testing

@Suite("Every command reads the same layouts, and names what it leaves out")
struct LeftOutFilesTests {
  @Test("A GIF among the images is named by every command that reads them")
  func otherImages() throws {
    let boards = try SmallBoards()
    try boards.write("x", to: "boards/images/train/odd.gif")
    try boards.write("[]", to: "p.json")
    let weights = try boards.someWeights()
    let commands = [
      ["cache", "build", "boards"], ["prepare", "boards", "--out", "out"],
      ["score", "p.json", "boards", "--split", "train"],
      ["val", weights, "boards", "--split", "train", "--image-size", "64"],
      ["predict", weights, "boards/images/train", "--out", "seen", "--image-size", "64"],
    ]
    for command in commands {
      let run = try FeederProcess(command, in: boards.folder.url)
      #expect(run.status == 0, "\(run.messages)")
      let line = (run.output + run.messages).split(separator: "\n").filter { $0.contains("1 .gif image is not read") }
      #expect(line.count == 1 && line[0].contains("images/train/odd.gif"), "\(command): \(run.messages)")
    }
  }

  @Test("predict reads sub-folders and keeps them in its output; a name that is not UTF-8 is refused")
  func predictFolders() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    let names = boards.names("boards/images/val")
    for (name, place) in zip(names, ["mine/a.jpg", "mine/line2/a.jpg"]) {
      let target = boards.url(place)
      try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: boards.url("boards/images/val/" + name), to: target)
    }
    let run = try boards.feeder("predict", weights, "mine/", "--out", "seen", "--image-size", "64")
    #expect(run.status == 0 && boards.exists("seen/a.jpg") && boards.exists("seen/line2/a.jpg"), "\(run.messages)")
    let odd = Array(boards.url("mine/q").path.utf8) + [0xFE] + Array(".jpg".utf8) + [0]
    let file = odd.withUnsafeBytes { bytes in
      bytes.baseAddress.map { open($0.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o644) } ?? -1
    }
    try #require(file >= 0)
    close(file)
    expectRefusal(
      try boards.feeder("predict", weights, "mine", "--out", "again"), "the name of 'q\\xfe.jpg' is not UTF-8")
    #expect(!boards.exists("again"))
  }

  @Test("A split 'test' is cached, validated and scored; a data set without one says so")
  func testSplit() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    expectRefusal(try boards.feeder("val", weights, "boards", "--split", "test"), "data.yaml", "has no 'test'")
    for kind in ["images", "labels"] {
      try FileManager.default.copyItem(at: boards.url("boards/\(kind)/val"), to: boards.url("boards/\(kind)/test"))
    }
    try boards.write(boards.text("boards/data.yaml") + "test: images/test\n", to: "boards/data.yaml")
    let built = try boards.feeder("cache", "build", "boards", "--image-size", "64")
    #expect(built.status == 0 && (built.output + built.messages).contains("built test as"), "\(built.messages)")
    let run = try boards.feeder(
      "val", weights, "boards", "--split", "test", "--image-size", "64", "--save-predictions", "p.json")
    #expect(run.status == 0, "\(run.messages)")
    #expect(try boards.feeder("score", "p.json", "boards", "--split", "test").status == 0)
    #expect(try boards.feeder("cache", "verify", "boards").status == 0)
    try boards.write(boards.text("boards/data.yaml").replacing("test: images/test\n", with: ""), to: "boards/data.yaml")
    let info = try boards.feeder("cache", "info", "boards")
    #expect(info.status == 0 && (info.output + info.messages).contains("out of date: 0 images"), "\(info.messages)")
  }
}
