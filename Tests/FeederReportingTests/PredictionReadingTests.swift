import FeederCore
import FeederMetrics
import FeederReporting
import Foundation
import Testing

@Suite("Predictions of other tools are recognised, and a line says how they were read")
struct PredictionReadingTests {
  private static let classCount = 3
  /// Two boards of 640 px. Each has one box per class, all in the lower right quarter.
  private static let images = ["000041", "board"].map { name in
    PredictedImage(
      imageID: name, size: PixelSize(side: 640),
      truths: (0..<classCount).map { GroundTruth(box: box(Double(400 + 60 * $0)), classID: $0) })
  }

  private static func box(_ start: Double) -> Box { Box(x1: start, y1: start, x2: start + 40, y2: start + 30) }

  /// Predictions of all boxes except classes in `without`, as JSON objects. `change` makes them another tool's.
  private func entries(without: Set<Int> = [], _ change: (inout [String: Any]) -> Void = { _ in }) -> [[String: Any]] {
    Self.images.flatMap { image in
      image.truths.filter { !without.contains($0.classID) }.map { truth in
        var entry: [String: Any] = [
          "image_id": image.imageID, "category_id": truth.classID, "score": 0.9,
          "bbox": [truth.box.x1, truth.box.y1, truth.box.width, truth.box.height],
        ]
        change(&entry)
        return entry
      }
    }
  }

  private func read(_ entries: [[String: Any]], _ start: CategoryStart = .auto) throws -> PredictionsFile.Contents {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "p.json")
    try JSONSerialization.data(withJSONObject: entries).write(to: file)
    return try PredictionsFile.read(file, images: Self.images, classCount: Self.classCount, categoriesFrom: start)
  }

  /// The message with which a file is refused.
  private func refusal(_ entries: [[String: Any]], _ start: CategoryStart = .auto) -> String {
    do { return "accepted: \(try read(entries, start).notes)" } catch { return "\(error)" }
  }

  /// mAP50 of the predictions that were read.
  private func map50(_ contents: PredictionsFile.Contents) throws -> Double {
    let results = Self.images.map {
      ImageResult(imageID: $0.imageID, detections: contents.detections[$0.imageID] ?? [], truths: $0.truths)
    }
    return try #require(
      Accuracy(results: results, classNames: (0..<Self.classCount).map { "class \($0)" }).map50)
  }

  /// Changes an entry as the ultralytics package writes it for data sets other than COCO.
  private func ultralytics(_ entry: inout [String: Any]) {
    let name = entry["image_id"] as? String ?? ""
    entry["file_name"] = name + ".jpg"
    if let number = Int(name) { entry["image_id"] = number }
    entry["category_id"] = (entry["category_id"] as? Int ?? 0) + 1
  }

  @Test("Categories that count from 1 are recognised with and without the last class, and the line says so")
  func ultralyticsFile() throws {
    for without in [[], [2], [0], [0, 2]] as [Set<Int>] {
      let contents = try read(entries(without: without, ultralytics))
      #expect(contents.categoriesFrom == 1 && contents.notes.count == 1)
      #expect(contents.notes[0].contains("p.json: category_id counts from 1 ("))
      #expect(try map50(contents) > 0.99 * Double(Self.classCount - without.count) / Double(Self.classCount))
    }
  }

  @Test("Categories that count from 0 stay, with file names or without, whatever classes are found")
  func countedFromZero() throws {
    for without in [[], [0], [0, 2]] as [Set<Int>] {
      for isNamed in [false, true] {
        let contents = try read(entries(without: without) { if isNamed { $0["file_name"] = "x/y.jpg" } })
        #expect(contents.categoriesFrom == 0, "\(contents.notes)")
        #expect(contents.notes.count == 1 && contents.notes[0].contains("category_id counts from 0 ("))
        #expect(try map50(contents) > 0.99 * Double(Self.classCount - without.count) / Double(Self.classCount))
      }
    }
  }

  @Test("The flag decides, and a line names the other start if the labels speak for it")
  func flag() throws {
    let shifted = entries(without: [2]) { $0["category_id"] = ($0["category_id"] as? Int ?? 0) + 1 }
    for start in [CategoryStart.auto, .zero] {
      let contents = try read(shifted, start)
      #expect(contents.categoriesFrom == 0 && contents.notes.count == 2)
      #expect(contents.notes[1].contains("try --categories-from 1"))
    }
    let right = try read(shifted, .one)
    #expect(right.notes.count == 1 && right.categoriesFrom == 1)
    #expect(try map50(right) > 0.6)
    #expect(refusal(entries(), .one).contains("category_id 0, but the classes count from 1 to 3"))
    #expect(
      refusal(entries { $0["category_id"] = 3 }, .zero).contains("category_id 3, but the classes count from 0 to 2"))
  }

  @Test("A number, a name with other zeros and a file name lead to the image")
  func imageNames() throws {
    for id in [41, "41", "000041", "0041"] as [Any] {
      let contents = try read(Array(entries { $0["image_id"] = id }.prefix(3)))
      #expect(contents.detections.keys.sorted() == ["000041"], "\(id)")
    }
    let named = try read(
      entries(without: [1, 2]) {
        $0["image_id"] = 7
        $0["file_name"] = "images/val/board.jpg"
      })
    #expect(named.detections.keys.sorted() == ["board"])
    #expect(refusal(entries { $0["image_id"] = 7 }).contains("entry 0 (counted from 0): no image 7 in this split"))
  }

  @Test(
    "Boxes as corners, centres or shares are refused with what they look like",
    arguments: [
      ("corners", "6 of 6 boxes reach out of their image; 6 of 6 boxes cover a label if they are read as corners"),
      ("centres", "6 of 6 boxes cover a label if they are read as centre, width and height, and 0 as they should be"),
      ("shares", "all 6 boxes are within 0 to 1"),
      ("share corners", "all 6 boxes are within 0 to 1"),
    ])
  func otherBoxes(_ form: String, _ message: String) throws {
    let changed = entries { entry in
      guard let box = entry["bbox"] as? [Double] else { return }
      let corners = [box[0], box[1], box[0] + box[2], box[1] + box[3]]
      entry["bbox"] =
        switch form {
        case "corners": corners
        case "centres": [box[0] + box[2] / 2, box[1] + box[3] / 2, box[2], box[3]]
        case "shares": box.map { $0 / 640 }
        default: corners.map { $0 / 640 }
        }
    }
    let line = refusal(changed)
    #expect(line.contains(message) && line.contains("bbox is x, y, width, height in pixels"), "\(line)")
  }

  @Test("Boxes that reach out of their image are counted in a line, a little overshoot is not")
  func outside() throws {
    var some = entries()
    some[0]["bbox"] = [600.0, 600, 100, 100]
    some[1]["bbox"] = [600.0, 600, 45, 45]
    let contents = try read(some)
    #expect(contents.notes.count == 2 && contents.notes[0].contains("1 of 6 boxes reach out of their image"))
  }

  @Test("Predictions that equal an earlier one are counted in a line and stay")
  func twice() throws {
    var other = entries()[0]
    other["score"] = 0.8
    let contents = try read(entries() + entries() + [other])
    #expect(contents.notes[0].contains("p.json: 6 of 13 predictions equal an earlier one"), "\(contents.notes)")
    #expect(contents.detections.values.map(\.count).reduce(0, +) == 13)
    #expect(try read(entries()).notes.count == 1)
  }

  @Test("Boxes without area, and boxes in pixels of a network's size, are a line")
  func flatAndScaled() throws {
    let flat = try read(entries { $0["bbox"] = [400.0, 400, 0, 30] })
    #expect(flat.notes[0].contains("6 of 6 boxes have a width or height of 0"), "\(flat.notes)")
    let small = try read(entries { $0["bbox"] = ($0["bbox"] as? [Double] ?? []).map { $0 / 640 * 320 } })
    let line = "no box covers a label, and 6 of 6 would if the longer side of every image were 320 pixels"
    #expect(small.notes[0].contains(line), "\(small.notes)")
  }

  @Test(
    "A name in another case or with a folder of Windows is refused with the right one",
    arguments: ["Board", "BOARD.JPG", "C:\\x\\board.jpg", "images/val/board.jpg"])
  func nameHints(id: String) throws {
    #expect(refusal(entries { $0["image_id"] = id }).contains("no image '\(id)' in this split; there is 'board': give"))
    let named = try read(
      entries(without: [1, 2]) {
        $0["image_id"] = 7
        $0["file_name"] = "C:\\x\\board.jpg"
      })
    #expect(named.detections.keys.sorted() == ["board"])
  }

  @Test(
    "A file that is no JSON list says what it is",
    arguments: [
      ([0x1F, 0x8B, 0x08, 0x00], "is gzip-compressed; unpack it"), ([0xFF, 0xD8, 0xFF, 0x5B], "is not JSON"),
      (Array("null".utf8), "is null, not a list"), (Array("{}\n{}\n".utf8), "is JSON lines"),
      (Array("{\n\"a\": 1\n}".utf8), "holds no array of predictions"),
    ])
  func otherFiles(bytes: [UInt8], problem: String) throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "p.json")
    try Data(bytes).write(to: file)
    let error = #expect(throws: ReportingError.self) {
      _ = try PredictionsFile.read(file, images: Self.images, classCount: 3)
    }
    #expect("\(try #require(error))".contains(problem))
  }

  @Test("A file without predictions is a line")
  func nothing() throws {
    let contents = try read([])
    #expect(contents.detections.isEmpty && contents.notes.count == 1)
    #expect(contents.notes[0].contains("holds no predictions"))
  }
}
