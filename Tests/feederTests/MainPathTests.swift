import Foundation
import Testing

@Suite("From nothing to a trained detector, one command after the other")
struct MainPathTests {
  @Test("synth, prepare, cache, train, val, score and predict each take what the one before made")
  func mainPath() throws {
    let boards = try SmallBoards(20)
    let prepared = try boards.feeder("prepare", "boards", "--out", "yolo", "--format", "yolo", "--json")
    try expectDocument(prepared, ["classes", "duplicates_across_splits", "out", "splits", "unreadable"])
    try expectDocument(try boards.feeder("cache", "build", "yolo", "--image-size", "64", "--json"), ["files"])
    let trained = try boards.train("yolo", "--epochs", "2", "--out", "runs/first", "--json")
    let report = try expectDocument(trained, ["best", "epochs_done", "last", "outcome", "run_folder"])
    #expect(report["outcome"] as? String == "finished" && report["epochs_done"] as? Int == 2)
    #expect(!trained.messages.contains("caching"), "what 'cache build' wrote was not used")
    #expect(boards.names("runs/first").contains("args.yaml"))
    #expect(boards.names("runs/first/weights") == ["best.safetensors", "last.safetensors", "previous.safetensors"])
    try expectResults(boards)
    try expectSameAccuracy(boards)
    try expectAnnotatedImages(boards)
  }

  @Test("A model with a level of stride 4 trains, resumes, validates and predicts with the same commands")
  func fourLevels() throws {
    let boards = try SmallBoards(12)
    let first = try boards.train(
      "boards", "--model", "yolov8n-p2", "--epochs", "2", "--stop-after-steps", "2", "--out", "run")
    #expect(first.status == 0 && first.messages.contains("training yolov8n-p2"), "\(first.messages)")
    let rest = try boards.feeder("train", "--resume", "run")
    #expect(rest.status == 0, "\(rest.messages)")
    let weights = "run/weights/last.safetensors"
    try expectDocument(
      try boards.feeder("val", weights, "boards", "--batch", "4", "--json"), ["map50", "map50_95_small"])
    #expect(try boards.feeder("predict", weights, "boards/images/val", "--out", "seen").status == 0)
    let other = try boards.train("boards", "--weights", weights, "--epochs", "1", "--out", "other")
    #expect(other.status == 1 && other.messages.contains("give --model yolov8n-p2"), "\(other.messages)")
  }

  /// Expects exit status 0 and one line of JSON with these keys on stdout. Returns the document.
  @discardableResult
  private func expectDocument(_ run: FeederProcess, _ keys: [String]) throws -> [String: Any] {
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.output.split(separator: "\n").count == 1, "stdout holds more than a document: \(run.output)")
    let document = try run.json()
    #expect(Set(keys).subtracting(document.keys).isEmpty, "only \(document.keys.sorted())")
    return document
  }

  private func expectResults(_ boards: SmallBoards) throws {
    let rows = try boards.text("runs/first/results.csv").split(separator: "\n")
    let columns = [
      "epoch", "seconds", "train/box_loss", "train/cls_loss", "train/dfl_loss", "metrics/precision", "metrics/recall",
      "metrics/mAP50", "metrics/mAP50-95", "val/box_loss", "val/cls_loss", "val/dfl_loss", "lr", "images_per_second",
      "stall_share", "prefetch_depth", "workers",
      "peak_host_bytes", "peak_device_bytes", "stream_hash",
    ]
    #expect(rows.first?.split(separator: ",").map(String.init) == columns)
    #expect(rows.dropFirst().map { $0.split(separator: ",")[0] } == ["1", "2"])
  }

  /// Expects that the detections saved by `val` score as `val` printed, within 1e-9: a box is written as corner and
  /// size, and reading adds the size to the corner.
  private func expectSameAccuracy(_ boards: SmallBoards) throws {
    let weights = "runs/first/weights/best.safetensors"
    let keys = [
      "box_count", "classes", "coco", "coco_at_100", "image_count", "map50", "map50_95", "map50_95_medium",
      "map50_95_small", "rule", "yolo",
    ]
    let validated = try expectDocument(
      try boards.feeder("val", weights, "yolo", "--batch", "4", "--json", "--save-predictions", "p.json"), keys)
    let scored = try expectDocument(try boards.feeder("score", "p.json", "yolo", "--json"), keys)
    #expect(validated.keys.sorted() == keys && scored.keys.sorted() == (keys + ["categories_from"]).sorted())
    #expect(validated["image_count"] as? Int == boards.names("boards/images/val").count)
    for key in ["map50", "map50_95"] {
      let (left, right) = (try #require(validated[key] as? Double), try #require(scored[key] as? Double))
      #expect(abs(left - right) <= 1e-9, "\(key): val says \(left), score says \(right)")
    }
  }

  private func expectAnnotatedImages(_ boards: SmallBoards) throws {
    let run = try boards.feeder(
      "predict", "runs/first/weights/last.safetensors", "boards/images/val", "--out", "drawn", "--conf", "0.0001",
      "--json")
    let report = try expectDocument(run, ["detection_count", "image_count", "out", "predictions", "unreadable"])
    let images = boards.names("boards/images/val")
    #expect(report["image_count"] as? Int == images.count)
    #expect(boards.names("drawn") == images + ["predictions.csv", "predictions.json"])
    for name in images {
      let jpeg = try Data(contentsOf: boards.url("drawn/" + name))
      #expect(jpeg.starts(with: [0xFF, 0xD8]) && jpeg.suffix(2) == Data([0xFF, 0xD9]), "\(name) is no JPEG")
    }
    let predictions = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: boards.url("drawn/predictions.json"))) as? [[String: Any]]
    )
    #expect(predictions.count == report["detection_count"] as? Int && !predictions.isEmpty)
    #expect(predictions.allSatisfy { $0.keys.sorted() == ["bbox", "category_id", "image_id", "score"] })
  }
}
