import BoardSupport
import FeederCore
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite("Pictures that label files name are found, and only in the data set")
struct PictureFinderTests {
  private func finder(_ scratch: Scratch, _ files: [String]) throws -> PictureFinder {
    for file in files { try scratch.write("set/" + file) }
    return try PictureFinder(SourceFolder(scratch.path + "/set"), imageFolder: nil)
  }

  @Test(
    "as given, by both slashes, beside the label file, by the base name, in another case, without an ending",
    arguments: [
      ("lot 1/b.jpg", "images/lot 1/b.jpg"), ("lot 1\\b.jpg", "images/lot 1/b.jpg"),
      ("./lot 1/./b.jpg", "images/lot 1/b.jpg"),
      ("C:\\x\\y\\c.png", "labels/c.png"), ("../images/lot 2/b.jpg", "images/lot 2/b.jpg"), ("C.PNG", "labels/c.png"),
      ("/somewhere/else/d.bmp", "images/d.bmp"), ("d", "images/d.bmp"), ("https://host/x/d.bmp", "images/d.bmp"),
      ("e.jpg", "labels/e.jpg"),
    ])
  func found(name: String, path: String) throws {
    let scratch = try Scratch()
    let finder = try finder(
      scratch,
      ["images/lot 1/b.jpg", "images/lot 2/b.jpg", "labels/c.png", "images/d.bmp", "images/e.jpg", "labels/e.jpg"])
    #expect(finder.find(name, from: scratch.path + "/set/labels/x.json") == .found(scratch.path + "/set/" + path))
  }

  @Test("a name that fits two is a tie, unless the split's folder decides")
  func ties() throws {
    let scratch = try Scratch()
    let finder = try finder(scratch, ["train/a.jpg", "val/a.jpg", "annotations/x"])
    let file = scratch.path + "/set/annotations/train.json"
    #expect(finder.find("a.jpg", from: file) == .several(["train", "val"].map { "\(scratch.path)/set/\($0)/a.jpg" }))
    let masks = try self.finder(
      scratch, ["masks/b.jpg", "x/images/b.jpg", "y/c.jpg", "z/z/c.jpg", "v/d.jpg", "v/w/d.jpg"])
    #expect(masks.find("b.jpg", from: file) == .found(scratch.path + "/set/x/images/b.jpg"))
    #expect(masks.find("d.jpg", from: file) == .found(scratch.path + "/set/v/d.jpg"))
    #expect(masks.find("c.jpg", from: file) == .several(["y/c.jpg", "z/z/c.jpg"].map { "\(scratch.path)/set/\($0)" }))
    #expect(finder.find("a.jpg", from: file, split: .val) == .found(scratch.path + "/set/val/a.jpg"))
    #expect(finder.find(stemOf: scratch.path + "/set/train/a.xml") == .found(scratch.path + "/set/train/a.jpg"))
  }

  @Test(
    "a path out of the folder is another answer than a missing image",
    arguments: ["../../b.jpg", "/etc/b.jpg", "C:\\b.jpg", "x/../../../b.jpg"])
  func outside(name: String) throws {
    let scratch = try Scratch()
    try scratch.write("b.jpg")
    let finder = try finder(scratch, ["a.jpg", "labels/x"])
    let file = scratch.path + "/set/labels/x.json"
    #expect(finder.find(name, from: file) == .outside)
    #expect(finder.find("../b.jpg", from: file) == .missing && finder.find("", from: file) == .missing)
    #expect(finder.find("a\0.jpg", from: file) == .missing)
  }
}
