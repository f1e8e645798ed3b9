import Foundation
import Testing

@Suite("Data sets are split, converted and corrected by commands as people type them")
struct ConvertTests {
  /// Boards of one folder with a list of classes, without splits: `panelP_N`.
  private func unsplit() throws -> SmallBoards {
    let boards = try SmallBoards(20)
    let all = ["train", "val"].flatMap { split in
      boards.names("boards/images/\(split)").map { (split, String($0.dropLast(4))) }
    }
    for kind in ["images", "labels"] {
      try FileManager.default.createDirectory(at: boards.url("set/" + kind), withIntermediateDirectories: true)
    }
    for (number, (split, name)) in all.enumerated() {
      let new = "panel\(number / 4)_\(number)"
      try FileManager.default.copyItem(
        at: boards.url("boards/images/\(split)/\(name).jpg"), to: boards.url("set/images/\(new).jpg"))
      try FileManager.default.copyItem(
        at: boards.url("boards/labels/\(split)/\(name).txt"), to: boards.url("set/labels/\(new).txt"))
    }
    try boards.write("open\nshort\nmousebite\nspur\ncopper\npin-hole\n", to: "set/classes.txt")
    return boards
  }

  @Test("prepare: val and test by groups, cached, trained on and validated; a wrong share or expression is refused")
  func splits() throws {
    let boards = try unsplit()
    let flags = ["prepare", "set", "--val-share", "0.3", "--test-share", "0.3", "--group-by", "^(panel.)_"]
    let run = try FeederProcess(flags + ["--out", "out", "--json"], in: boards.folder.url)
    let report = try run.json()
    let splits = try #require(report["splits"] as? [String: [String: Any]])
    #expect(Set(splits.keys) == ["train", "val", "test"])
    #expect(splits.values.compactMap { $0["image_count"] as? Int }.reduce(0, +) == 20)
    #expect((report["groups_across_splits"] as? [String])?.isEmpty == true)
    for split in splits.keys {
      let panels = Dictionary(grouping: boards.names("out/images/\(split)")) { $0.prefix(6) }
      #expect(!panels.isEmpty && panels.values.allSatisfy { $0.count == 4 })
    }
    let weights = try boards.someWeights("out")
    let validated = try boards.feeder("val", weights, "out", "--split", "test", "--image-size", "64")
    #expect(validated.status == 0, "\(validated.messages)")
    #expect(try boards.feeder("cache", "build", "out", "--image-size", "64").output.contains("test"))

    let other = try FeederProcess(flags + ["--out", "other", "--seed", "3"], in: boards.folder.url)
    #expect(other.status == 0 && boards.names("other/images/val") != boards.names("out/images/val"))
    let idle = try boards.feeder("prepare", "out", "--out", "again", "--test-share", "0.2", "--seed", "1")
    #expect(idle.messages.contains("--test-share has no effect: the data set has its own test"), "\(idle.messages)")
    #expect(idle.messages.contains("--seed has no effect: the data set has its own splits"))
    #expect(try boards.feeder("prepare", "set", "--out", "x", "--val-share", "0.5", "--test-share", "0.5").status == 2)
    expectRefusal(try boards.feeder("prepare", "set", "--out", "x", "--group-by", "("), "neither a regular expression")
    #expect(!boards.exists("x"))
  }

  @Test(
    "convert writes each format, says which, and Feeder trains on what it reads back",
    arguments: ["coco", "voc", "yolo", "labelme", "cvat"])
  func convert(layout: String) throws {
    let boards = try SmallBoards()
    let run = try boards.feeder("convert", "boards", "--to", layout, "--out", "there")
    #expect(run.status == 0 && run.output.contains(layout == "yolo" ? "yolo, 0 images linked" : "\(layout) from yolo"))
    let back = try boards.feeder("prepare", "there", "--out", "back")
    #expect(back.status == 0 && back.messages.contains("as \(layout): "), "\(back.messages)")
    for split in ["train", "val"] {
      #expect(boards.names("back/images/\(split)") == boards.names("boards/images/\(split)"))
      for name in boards.names("boards/labels/\(split)") {
        let lines = try [boards.text("boards/labels/\(split)/\(name)"), boards.text("back/labels/\(split)/\(name)")]
          .map { $0.split(separator: "\n").count }
        #expect(lines[0] == lines[1])
      }
    }
    _ = try boards.someWeights("back")
    expectRefusal(try boards.feeder("convert", "boards", "--to", layout, "--out", "there"), "is not empty")
    #expect(try boards.feeder("convert", "boards", "--to", "pascal", "--out", "x").status == 2)
  }

  @Test(
    "predictions become labels, are corrected as in LabelMe and CVAT, and are trained on",
    arguments: ["labelme", "cvat"])
  func circle(layout: String) throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    let run = try boards.feeder(
      "predict", weights, "boards/images/val", "--out", "seen", "--image-size", "64", "--conf", "0", "--max-detections",
      "3", "--save-labels", layout, "--json")
    #expect(run.status == 0, "\(run.messages)")
    let folder = "seen/labels-\(layout)"
    #expect((try run.json()["labels"] as? String)?.hasSuffix(folder) == true)
    let image = try #require(boards.names("boards/images/val").first)
    let stem = String(image.dropLast(4))
    // A person deletes all boxes of the image but draws one.
    let file = layout == "cvat" ? folder + "/annotations.xml" : folder + "/\(stem).json"
    var text = try boards.text(file)
    if layout == "cvat" {
      let start = try #require(text.range(of: "name=\"\(image)\"")?.upperBound)
      let open = try #require(text[start...].range(of: ">")?.upperBound)
      let close = try #require(text[open...].range(of: "</image>")?.lowerBound)
      text.replaceSubrange(
        open..<close,
        with:
          "\n    <box label=\"spur\" source=\"manual\" occluded=\"0\" xtl=\"16\" ytl=\"32\" xbr=\"48\" ybr=\"64\" z_order=\"0\"></box>\n  "
      )
    } else {
      #expect(boards.exists(folder + "/" + image))
      let shapes = try #require(text.range(of: "\"shapes\": [")?.upperBound)
      let end = try #require(text.range(of: "], \"imagePath\"")?.lowerBound)
      text.replaceSubrange(
        shapes..<end, with: "{\"label\": \"spur\", \"points\": [[48, 64], [16, 32]], \"shape_type\": \"rectangle\"}")
    }
    try boards.write(text, to: file)
    let back = try boards.feeder("prepare", folder, "--out", "corrected", "--val-share", "0.5")
    #expect(back.status == 0, "\(back.messages)")
    let split = boards.exists("corrected/labels/val/\(stem).txt") ? "val" : "train"
    let numbers = try boards.text("corrected/labels/\(split)/\(stem).txt").split(separator: "\n")
      .map { $0.split(separator: " ").dropFirst().compactMap { Double($0) } }
    #expect(numbers == [[0.2, 0.3, 0.2, 0.2]])
    _ = try boards.someWeights("corrected", out: "second")
    #expect(try boards.feeder("predict", weights, "boards", "--out", "y", "--save-labels", "x").status == 2)
  }
}
