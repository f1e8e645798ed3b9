import BoardSupport
import FeederCodecs
import FeederImaging
import Foundation
import Testing

@Suite("Images of 12 bits: prepare finds one window for the data set, and the weights keep it")
struct WindowTests {
  /// The boards of `boards` as PGM files of 16 bits in the folder `name`; `level` makes the level of a byte and a pixel number.
  private func rewrite(_ boards: SmallBoards, to name: String, _ level: (Int, Int) -> Int) throws {
    for split in ["train", "val"] {
      let (images, labels) = ("images/\(split)", "labels/\(split)")
      for folder in [images, labels] {
        try FileManager.default.createDirectory(at: boards.url("\(name)/\(folder)"), withIntermediateDirectories: true)
      }
      for file in boards.names("boards/\(images)") {
        let stem = (file as NSString).deletingPathExtension
        let pixels = try greyPixels(boards.url("boards/\(images)/\(file)").path)
        var bytes = Data("P5\n\(pixels.size.width) \(pixels.size.height)\n65535\n".utf8)
        for (number, byte) in pixels.bytes.enumerated() {
          let value = level(Int(byte), number)
          bytes.append(contentsOf: [UInt8(value >> 8), UInt8(value & 255)])
        }
        try bytes.write(to: boards.url("\(name)/\(images)/\(stem).pgm"))
        try FileManager.default.copyItem(
          at: boards.url("boards/\(labels)/\(stem).txt"), to: boards.url("\(name)/\(labels)/\(stem).txt"))
      }
    }
    try boards.write(try boards.text("boards/data.yaml"), to: "\(name)/data.yaml")
  }

  private func prepared(_ boards: SmallBoards, _ name: String) throws -> [String: Any] {
    let run = try boards.feeder("prepare", name, "--out", name + "-ready", "--json")
    #expect(run.status == 0, "\(run.messages)")
    return try #require(run.json()["window"] as? [String: Any])
  }

  @Test("Low and high 12 bits train alike, within a level of the bytes; val and predict take the window of the weights")
  func twelveBits() throws {
    let boards = try SmallBoards(12)
    let noise = { (number: Int) in number * 7919 >> 3 & 15 }
    try rewrite(boards, to: "low") { byte, number in byte * 16 + noise(number) }
    try rewrite(boards, to: "high") { byte, number in (byte * 16 + noise(number)) * 16 }
    let (low, high) = (try prepared(boards, "low"), try prepared(boards, "high"))
    func levels(_ window: [String: Any]) throws -> [Int] {
      try #require(window["window"] as? String).split(separator: ",").compactMap { Int($0) }
    }
    let found = try levels(low)
    #expect(found.count == 2 && found[0] < 256 && found[1] > 3500, "\(found)")
    #expect(try levels(high) == found.map { $0 * 16 })
    let share = try #require(low["clipped_share"] as? Double)
    #expect(share <= 2e-4)
    #expect(try boards.text("low-ready/data.yaml").contains("window: [\(found[0]), \(found[1])]\ncurve: linear\n"))

    let converted = try boards.feeder(
      "convert", "low", "--to", "coco", "--out", "low-coco", "--window", "9,99", "--json")
    #expect(converted.status == 0 && converted.messages.contains("--window has no effect: coco keeps no window"))
    #expect(try converted.json()["window"] as? [String: Any] == nil, "no window is searched that nobody keeps")

    // The pixels that training gets are within a level of the bytes stretched from black to white.
    let window = try #require(LevelWindow(black: found[0], white: found[1]))
    let file = try #require(boards.names("low/images/train").first)
    let bytes = [UInt8](try Data(contentsOf: boards.url("low/images/train/\(file)")))
    let mapped = try bytes.withUnsafeBytes { try ImageDecoder().decode($0, channels: 1, window: window) }
    let original = try greyPixels(
      boards.url("boards/images/train/\((file as NSString).deletingPathExtension).jpg").path)
    let stretch = 16 * 255.0 / Double(found[1] - found[0])
    for (now, before) in zip(mapped.bytes, original.bytes) {
      let wanted = min(max((Double(before) * 16 + 7.5 - Double(found[0])) / 16 * stretch, 0), 255)
      #expect(abs(Double(now) - wanted) <= 1.5)
    }

    for name in ["low", "high"] {
      let run = try boards.train(name + "-ready", "--epochs", "1", "--out", name + "-run")
      #expect(run.status == 0, "\(run.messages)")
      #expect(run.messages.contains("window: "))
    }
    let text = try boards.text("low-run/args.yaml")
    #expect(text.contains("window: \(found[0]),\(found[1])") && text.contains("curve: linear"), "\(text)")
    #expect(try boards.streamRows("low-run") == boards.streamRows("high-run"))
    // Equal weights after these steps; the window in the header differs.
    let (lowWeights, highWeights) = (try boards.tensors("low-run"), try boards.tensors("high-run"))
    #expect(lowWeights.count > 100 && lowWeights == highWeights)

    let weights = "low-run/weights/best.safetensors"
    try boards.write(try boards.text("boards/data.yaml"), to: "low/data.yaml")  // names no window
    let val = try boards.feeder("val", weights, "low", "--batch", "4")
    #expect(
      val.status == 0 && val.messages.contains("\(found[0]) to \(found[1]), linear (the weights"), "\(val.messages)")
    expectRefusal(try boards.feeder("val", weights, "boards"), "8 bits per sample", "trained on more")
    let seen = try boards.feeder("predict", weights, "low/images/val", "--out", "seen")
    #expect(seen.status == 0 && seen.messages.contains("the weights"), "\(seen.messages)")
  }

  @Test("Weights of 8 bits refuse images of more, a mixed folder needs the full window, and no window is a line")
  func refusals() throws {
    let boards = try SmallBoards(6)
    let weights = try boards.someWeights()
    try rewrite(boards, to: "deep") { byte, _ in byte * 257 }
    expectRefusal(try boards.feeder("val", weights, "deep"), "more than 8 bits per sample", "trained on 8 bits")
    let full = try boards.train("deep", "--stop-after-steps", "1", "--out", "full-run")
    #expect(full.status == 0 && full.messages.contains("window: full"), "\(full.messages)")
    for window in ["5,5", "9,1", "0,70000", "a,b", "-1,4", "1"] {
      let run = try boards.feeder("train", "deep", "--window", window)
      #expect(run.status == 64 || run.status == 1)
      #expect(run.messages.contains("--window \(window): give auto, full or BLACK,WHITE"), "\(run.messages)")
    }
    try FileManager.default.copyItem(
      at: boards.url("boards/images/train/\(boards.names("boards/images/train")[0])"),
      to: boards.url("deep/images/train/other.jpg"))
    expectRefusal(
      try boards.train("deep", "--window", "0,4000", "--out", "mixed"), "some images have 8 bits", "--window full")
    try boards.write("window: [4, 3]\n" + (try boards.text("boards/data.yaml")), to: "deep/data.yaml")
    expectRefusal(try boards.train("deep"), "data.yaml, line 1", "'window' is no window")
  }
}
