import FeederCore
import FeederMetrics
import FeederReporting
import Foundation
import Testing

@Suite("Predictions are read as COCO results, and what is not is refused by entry")
struct PredictionsTests {
  private let images = ["board_1", "00041000", "7"]
  private let good = #"{"image_id":"board_1","category_id":1,"bbox":[1.5,2,30,4],"score":0.25,"extra":[1]}"#

  private func read(_ text: String) throws -> [String: [Detection]] {
    let folder = try TemporaryFolder()
    return try read(folder.file("p.json", text))
  }

  private func read(_ url: URL) throws -> [String: [Detection]] {
    let images = images.map { PredictedImage(imageID: $0, size: PixelSize(side: 640), truths: []) }
    return try PredictionsFile.read(url, images: images, classCount: 2).detections
  }

  /// The message with which `text` is refused.
  private func refusal(_ text: String) throws -> String {
    do {
      _ = try read(text)
      return "accepted"
    } catch let error as ReportingError {
      return error.description
    }
  }

  @Test("Boxes come back as corners under their image, other keys ignored")
  func plain() throws {
    let found = try read("[\(good),\n\(good)]")
    let detection = Detection(box: Box(x1: 1.5, y1: 2, x2: 31.5, y2: 6), classID: 1, score: 0.25)
    #expect(found == ["board_1": [detection, detection]])
    #expect(try read(" [ ] ").isEmpty)
  }

  @Test("A whole number stands for the image of that name, leading zeros or not")
  func numbers() throws {
    func entry(_ id: String) -> String { #"[{"image_id":\#(id),"category_id":0,"bbox":[0,0,9,9],"score":1}]"# }
    #expect(try read(entry("7")).keys.sorted() == ["7"])
    #expect(try read(entry("41000")).keys.sorted() == ["00041000"])
    #expect(try refusal(entry("8")).contains("entry 0 (counted from 0): no image 8"))
    #expect(try refusal(entry("-7")).contains("no image -7"))
  }

  @Test("Written predictions read back exactly")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "p.json")
    let detections = (1...50).map { n in
      let start = 1 / Double(n)
      return Detection(box: Box(x1: start, y1: 2 * start, x2: 400.125, y2: 300.5), classID: n % 2, score: start)
    }
    let lost = Detection(box: Box(x1: .nan, y1: 0, x2: 1, y2: 1), classID: 0, score: 1)
    try PredictionsFile.write([("board_1", detections + [lost]), ("7", []), ("00041000", [detections[3]])], to: file)
    let found = try read(file)
    #expect(found.keys.sorted() == ["00041000", "board_1"])
    let back = try #require(found["board_1"])
    #expect(back.map(\.score) == detections.map(\.score) && back.map(\.classID) == detections.map(\.classID))
    for (read, written) in zip(back, detections) {
      #expect(read.box.x1 == written.box.x1 && abs(read.box.x2 - written.box.x2) < 1e-9)
    }
    try PredictionsFile.write([], to: file)
    #expect(try read(file).isEmpty)
  }

  @Test(
    "A broken entry is named by its number and its fault",
    arguments: [
      (#""category_id":1"#, #""category_id":3"#, "category_id 3, but the classes count from 0 to 1"),
      (#""category_id":1"#, #""category_id":-9.3e17"#, "is no class"),
      (#""category_id":1"#, #""category_id":-1"#, "category_id -1"),
      (#""category_id":1"#, #""category_id":"1""#, "category_id is not a whole number"),
      (#""category_id":1"#, #""category_id":1.5"#, "category_id is not a whole number"),
      (#""category_id":1,"#, "", "category_id is missing"),
      ("[1.5,2,30,4]", "[1.5,2,30]", "bbox has 3 numbers"),
      ("[1.5,2,30,4]", "[1.5,2,-30,4]", "negative size"),
      ("[1.5,2,30,4]", "[1.5,2,NaN,4]", "NaN"),
      ("[1.5,2,30,4]", "[1.5,2,Infinity,4]", "NaN or Infinity"),
      ("[1.5,2,30,4]", "[1.5,2,true,4]", "bbox is not a list of 4 numbers"),
      ("[1.5,2,30,4]", "[1.5,2,1e300,4]", "beyond"),
      ("[1.5,2,30,4]", #""1.5,2,30,4""#, "bbox is not a list of 4 numbers"),
      (#""score":0.25"#, #""score":1.25"#, "score 1.25 is not within 0 to 1"),
      (#""score":0.25"#, #""score":87.5"#, "divide it by 100"),
      (#""score":0.25"#, #""score":null"#, "score is null"),
      (#""board_1""#, #""board_2""#, "no image 'board_2' in this split"),
      (#""board_1""#, #""images/val/board_1.jpg""#, "there is 'board_1'"),
      (#""board_1""#, "null", "image_id is null"),
      (#""board_1""#, "[1]", "image_id is not a name or a whole number"),
    ])
  func brokenEntries(part: String, replacement: String, message: String) throws {
    #expect(good.contains(part))
    let text = try refusal("[\(good),\(good.replacing(part, with: replacement))]")
    #expect(text.contains("p.json, entry 1 (counted from 0): ") && text.contains(message), "\(text)")
    #expect(!text.contains("\n"))
  }

  @Test("A file that is no array of objects is refused as a whole")
  func brokenFiles() throws {
    for (text, message) in [
      ("", "is not JSON"), ("image,class", "is not JSON"), ("{}", "no array of predictions"),
      ("[\(good)", "cut off"), ("[\(good),", "cut off"), ("[1]", "entry 0 (counted from 0): is not an object"),
      ("[\(good),{\"image_id\":\"bo", "entry 1 (counted from 0): is not JSON"), ("\u{FEFF}[]x", "is not JSON"),
    ] {
      let found = try refusal(text)
      #expect(found.contains(message), "\(text): \(found)")
    }
    let folder = try TemporaryFolder()
    #expect(throws: ReportingError.self) { try read(folder.url) }
    #expect(throws: ReportingError.self) {
      try read(folder.url.appending(path: "none.json"))
    }
  }
}
