import FeederCore
import Foundation
import Testing

@Suite("feeder score measures the accuracy of predictions from any tool")
struct ScoreCommandTests {
  /// A folder with a small data set of drawn boards in `boards`.
  private func boards() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let run = try FeederProcess(["synth", "--out", "boards", "--boards", "30", "--size", "320"], in: folder.url)
    try #require(run.status == 0, "\(run.messages)")
    return folder
  }

  /// The labels of the validation split as predictions. `keep` gets each one's number and decides.
  private func predictions(_ folder: TemporaryFolder, keep: (Int) -> Bool) throws -> [[String: Any]] {
    let labels = folder.url.appending(path: "boards/labels/val")
    var all: [[String: Any]] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: labels.path).sorted() {
      let text = String(decoding: try Data(contentsOf: labels.appending(path: name)), as: UTF8.self)
      for line in text.split(separator: "\n") where keep(all.count) {
        let numbers = line.split(separator: " ").compactMap { Double($0) }
        let box = Label(
          classID: Int(numbers[0]), centerX: numbers[1], centerY: numbers[2], width: numbers[3], height: numbers[4]
        ).box(in: PixelSize(side: 320))
        all.append([
          "image_id": String(name.dropLast(4)), "category_id": Int(numbers[0]),
          "bbox": [box.x1, box.y1, box.width, box.height], "score": 0.9,
        ])
      }
    }
    return all
  }

  private func score(_ predictions: [[String: Any]], _ folder: TemporaryFolder) throws -> FeederProcess {
    let file = folder.url.appending(path: "p.json")
    try JSONSerialization.data(withJSONObject: predictions).write(to: file)
    return try FeederProcess(["score", "p.json", "boards", "--json"], in: folder.url)
  }

  @Test("The labels themselves score 1, with every key of the contract and the table beside them on stderr")
  func labelsThemselves() throws {
    let folder = try boards()
    let everything = try predictions(folder) { _ in true }
    let run = try score(everything, folder)
    #expect(run.status == 0, "\(run.messages)")
    let report = try run.json()
    #expect(
      report.keys.sorted() == [
        "box_count", "categories_from", "classes", "coco", "coco_at_100", "image_count", "map50", "map50_95",
        "map50_95_medium", "map50_95_small", "rule", "yolo",
      ])
    #expect(report["box_count"] as? Int == everything.count)
    #expect(try #require(report["map50_95"] as? Double) > 0.99)
    #expect(report["map50_95_medium"] as? Double == 1)
    let classes = try #require(report["classes"] as? [[String: Any]])
    #expect(classes.count == 6)
    #expect(classes.allSatisfy { $0.keys.sorted() == ["ap50", "ap50_95", "name", "precision", "recall"] })
    #expect(run.messages.contains("mAP50-95") && run.messages.contains("all"))
  }

  @Test("No predictions score 0")
  func nothing() throws {
    let folder = try boards()
    let run = try score([], folder)
    #expect(run.status == 0)
    #expect(try run.json()["map50"] as? Double == 0)
  }

  @Test("Predictions for an image that does not exist are refused in one line")
  func unknownImage() throws {
    let folder = try boards()
    var some = try predictions(folder) { $0 < 2 }
    some[1]["image_id"] = "no_such_board"
    let run = try score(some, folder)
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(
      run.messages.hasPrefix("feeder: ") && run.messages.contains("entry 1") && run.messages.contains("no_such_board"))
    #expect(run.messages.split(separator: "\n").count == 1)
  }

  @Test("A missing file and a missing argument differ in exit status")
  func usage() throws {
    let folder = try TemporaryFolder()
    #expect(try FeederProcess(["score", "p.json"], in: folder.url).status == 2)
    let run = try FeederProcess(["score", "p.json", "nowhere"], in: folder.url)
    #expect(run.status == 1 && run.messages.contains("nowhere"))
  }

  @Test("--factory counts boards on the half that thresholds were not solved on, and says what a zero proves")
  func factory() throws {
    let folder = try boards()
    func report(_ keep: (Int) -> Bool, _ flags: String...) throws -> (factory: [String: Any], messages: String) {
      let file = folder.url.appending(path: "p.json")
      try JSONSerialization.data(withJSONObject: predictions(folder, keep: keep)).write(to: file)
      let run = try FeederProcess(["score", "p.json", "boards", "--json", "--factory"] + flags, in: folder.url)
      try #require(run.status == 0, "\(run.messages)")
      return (try #require(try run.json()["factory"] as? [String: Any]), run.messages)
    }
    let (perfect, words) = try report({ _ in true })
    let tested = try #require((perfect["at_target"] as? [String: Any])?["tested"] as? [String: Any])
    let escapes = try #require(tested["escapes"] as? [String: Any])
    #expect(escapes["count"] as? Int == 0 && tested["boards"] as? Int == 3)
    #expect(try #require(escapes["upper"] as? Double) > 0.6, "three boards prove next to nothing")
    #expect(words.contains("none in 3 boards proves at most 3/3") && words.contains("thresholds: "))
    #expect((perfect["curve"] as? [Any])?.count == 64 && perfect["least_cost"] == nil)
    let (poor, complaint) = try report({ $0 > 0 }, "--escape-cost", "10", "--false-call-cost", "1")
    #expect(poor["at_target"] == nil && poor["least_cost"] != nil)
    #expect(complaint.contains("no thresholds keep escapes within 1 %"))
    for flags in [
      ["--target-escape", "2"], ["--escape-cost", "-1", "--false-call-cost", "1"], ["--escape-cost", "1"],
    ] {
      let run = try FeederProcess(["score", "p.json", "boards", "--factory"] + flags, in: folder.url)
      #expect(run.status == 2 && run.output.isEmpty, "\(run.messages)")
    }
  }
}
