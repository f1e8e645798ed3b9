import Foundation
import Testing

/// The real TensorBoard.
private enum TensorBoard {
  /// The interpreter of tools/tensorboard.
  static let python: String? = {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: ".deps/tensorboard/bin/python").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()
}

@Suite(
  "TensorBoard reads what a run writes for it",
  .enabled(if: TensorBoard.python != nil, "no TensorBoard: tools/tensorboard makes an environment with it"))
struct TensorBoardTests {
  private static let reader = """
    import json, sys
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    events = EventAccumulator(sys.argv[1], size_guidance={'images': 0, 'scalars': 0})
    events.Reload()
    tags = events.Tags()
    print(json.dumps({
      'scalars': {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags['scalars']},
      'images': {tag: [[e.step, e.width, e.height, e.encoded_image_string.hex()] for e in events.Images(tag)]
                 for tag in tags['images']}}))
    """

  private func read(_ boards: SmallBoards) throws -> [String: Any] {
    let run = try FeederProcess(
      ["-c", Self.reader, "run"], in: boards.folder.url, program: try #require(TensorBoard.python))
    #expect(run.status == 0, "\(run.messages)")
    return try run.json()
  }

  @Test(
    "Scalars of every epoch and the batch pictures come back as results.csv and the files have them, over --resume too")
  func run() throws {
    let boards = try SmallBoards()
    let flags = ["--epochs", "3", "--plots", "true", "--tensorboard", "true", "--out", "run"]
    let first = try FeederProcess(
      ["train", "boards"] + SmallBoards.smallSteps.dropLast(2) + flags + ["--stop-after-steps", "4"],
      in: boards.folder.url)
    #expect(first.status == 0, "\(first.messages)")
    let second = try boards.feeder("train", "boards", "--resume", "run", "--stop-after-steps", "0")
    #expect(second.status == 0, "\(second.messages)")

    let rows = try boards.text("run/results.csv").split(separator: "\n").map {
      $0.split(separator: ",").map(String.init)
    }
    let read = try read(boards)
    let scalars = try #require(read["scalars"] as? [String: [[Double]]])
    for (tag, column) in [
      ("train/box_loss", "train/box_loss"), ("metrics/mAP50-95(B)", "metrics/mAP50-95"), ("lr/pg0", "lr"),
    ] {
      let place = try #require(rows[0].firstIndex(of: column))
      let values = try #require(scalars[tag])
      #expect(values.map { $0[0] } == [1, 2, 3], "\(tag): \(values)")
      for (row, value) in zip(rows.dropFirst(), values) {
        let expected = try #require(Double(row[place]))
        #expect(abs(value[1] - expected) <= 1e-5 * max(abs(expected), 1), "\(tag)")
      }
    }
    #expect(scalars["feeder/stall_share"]?.count == 3 && scalars.count == 13)
    let images = try #require((read["images"] as? [String: [[Any]]])?["train_batch0"]?.first)
    let file = try Data(contentsOf: boards.url("run/train_batch0.jpg"))
    #expect(images[3] as? String == file.map { String(format: "%02x", $0) }.joined())
    #expect(images[0] as? Int == 0 && images[1] as? Int == 1280)
  }

  @Test("Without --tensorboard no event file is written")
  func off() throws {
    let boards = try SmallBoards()
    _ = try boards.train("boards", "--epochs", "1", "--out", "run")
    #expect(!boards.names("run").contains { $0.contains("tfevents") })
  }
}
