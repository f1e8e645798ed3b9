import FeederReporting
import Foundation
import Testing

/// A Python with TensorBoard's reader of event files.
private enum TensorBoard {
  static let python: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = root.appending(path: ".deps/tensorboard/bin/python").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()
  static let absent: Comment = "no TensorBoard: tools/tensorboard installs its reader"

  /// Prints the contents of a folder's event files: numbers as bits, pictures in base 64.
  private static let program = """
    import base64, json, struct, sys
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    found = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
    found.Reload()
    bits = lambda value: struct.unpack("<I", struct.pack("<f", value))[0]
    scalars = {tag: [[e.wall_time, e.step, bits(e.value)] for e in found.Scalars(tag)] for tag in found.Tags()["scalars"]}
    images = {tag: [[e.wall_time, e.step, e.width, e.height, base64.b64encode(e.encoded_image_string).decode()]
                    for e in found.Images(tag)] for tag in found.Tags()["images"]}
    print(json.dumps({"scalars": scalars, "images": images}))
    """

  struct Scalar: Equatable {
    let time: Double
    let step: Int
    let value: Float
  }

  struct Image: Equatable {
    let step: Int
    let width: Int
    let height: Int
    let file: Data
  }

  /// What the TensorBoard package reads from the files of `folder`, by tag.
  static func read(_ folder: URL) throws -> (scalars: [String: [Scalar]], images: [String: [Image]]) {
    let run = try FeederProcess(
      ["-c", program, folder.path], in: folder.deletingLastPathComponent(), program: try #require(python))
    #expect(run.status == 0, "\(run.messages)")
    let document = try run.json()
    let scalars = try #require(document["scalars"] as? [String: [[Double]]])
    let images = try #require(document["images"] as? [String: [[Any]]])
    return (
      scalars.mapValues { $0.map { Scalar(time: $0[0], step: Int($0[1]), value: Float(bitPattern: UInt32($0[2]))) } },
      try images.mapValues { try $0.map(image) }
    )
  }

  private static func image(_ fields: [Any]) throws -> Image {
    let numbers = try fields[1...3].map { try #require($0 as? Int) }
    let file = try #require((fields[4] as? String).flatMap { Data(base64Encoded: $0) })
    return Image(step: numbers[0], width: numbers[1], height: numbers[2], file: file)
  }
}

@Suite("TensorBoard reads what a run writes for it")
struct TensorBoardTests {
  @Test(
    "Numbers and pictures come back from the real package with their tags, steps and bytes",
    .enabled(if: TensorBoard.python != nil, TensorBoard.absent))
  func everything() throws {
    let boards = try SmallBoards(4)
    let begun = Date().timeIntervalSince1970
    let values: [Double] = [0, 0.1, -1e-30, 3e38, .infinity, -.infinity]
    let jpeg = try Data(contentsOf: boards.url("boards/images/train/\(boards.names("boards/images/train")[0])"))
    try FileManager.default.createDirectory(at: boards.url("run"), withIntermediateDirectories: false)
    let file = try EventsFile(in: boards.url("run"), from: 0)
    for (step, value) in values.enumerated() {
      try file.append([("train/box_loss", value), ("metrics/mAP50-95(B)", -value)], step: step)
    }
    try file.append([("Gr\u{F6}\u{DF}e", 1)], step: 3_000_000_000)
    for step in [0, 2] { try file.append(jpeg: Array(jpeg), width: 160, height: 160, tag: "train_batch0", step: step) }
    let (scalars, images) = try TensorBoard.read(boards.url("run"))
    #expect(scalars.keys.sorted() == ["Gr\u{F6}\u{DF}e", "metrics/mAP50-95(B)", "train/box_loss"])
    let losses = try #require(scalars["train/box_loss"])
    #expect(losses.map(\.value) == values.map { Float($0) } && losses.map(\.step) == Array(values.indices))
    #expect(scalars["metrics/mAP50-95(B)"]?.map(\.value) == values.map { Float(-$0) })
    #expect(scalars["Gr\u{F6}\u{DF}e"]?.map(\.step) == [3_000_000_000])
    #expect(losses.allSatisfy { (begun...Date().timeIntervalSince1970).contains($0.time) })
    let expected = [0, 2].map { TensorBoard.Image(step: $0, width: 160, height: 160, file: jpeg) }
    #expect(images == ["train_batch0": expected])
  }

  @Test(
    "Steps that a later file runs again are shown once, as that file has them",
    .enabled(if: TensorBoard.python != nil, TensorBoard.absent))
  func again() throws {
    let folder = try TemporaryFolder()
    for (first, values) in [(1, [1.0, 2, 3]), (3, [30, 40])] {
      let file = try EventsFile(in: folder.url, from: first)
      for (index, value) in values.enumerated() { try file.append([("a", value)], step: first + index) }
    }
    let events = try #require(try TensorBoard.read(folder.url).scalars["a"])
    #expect(events.map(\.step) == [1, 2, 3, 4] && events.map(\.value) == [1, 2, 30, 40])
  }

  @Test(
    "A run's events have the epochs of its results.csv, before and after it is resumed",
    .enabled(if: TensorBoard.python != nil, TensorBoard.absent))
  func run() throws {
    let boards = try SmallBoards()
    let begun = try boards.train(
      "boards", "--epochs", "3", "--stop-after-steps", "7", "--tensorboard", "true", "--plots", "true", "--out", "run")
    #expect(begun.status == 0, "\(begun.messages)")
    try expectSame(boards, epochs: [1, 2])
    let resumed = try boards.feeder("train", "boards", "--resume", "run", "--stop-after-steps", "0", "--plots", "false")
    #expect(resumed.status == 0, "\(resumed.messages)")
    try expectSame(boards, epochs: [1, 2, 3])
    #expect(events(boards).count == 2)
    // Resuming a finished run changes nothing.
    #expect(try boards.feeder("train", "boards", "--resume", "run").status == 0)
    #expect(events(boards).count == 2)
  }

  /// Expects the pictures of the first batches at step 0.
  private func expectBatches(_ boards: SmallBoards, _ images: [String: [TensorBoard.Image]]) throws {
    let drawn = boards.names("run").filter { $0.hasPrefix("train_batch") }
    #expect(!drawn.isEmpty && images.count == drawn.count)
    for (number, name) in drawn.enumerated() {
      let events = try #require(images["train_batch\(number)"])
      #expect(try events.map(\.step) == [0] && events[0].file == Data(contentsOf: boards.url("run/" + name)))
    }
  }

  private func events(_ boards: SmallBoards) -> [String] { boards.names("run").filter { $0.contains("tfevents") } }

  /// Expects the numbers of results.csv (six digits) in the run's events (32-bit floats).
  private func expectSame(_ boards: SmallBoards, epochs: [Int]) throws {
    let (scalars, images) = try TensorBoard.read(boards.url("run"))
    try expectBatches(boards, images)
    let rows = try ResultsCSV.read(boards.url("run/results.csv"))
    #expect(rows.map(\.epoch) == epochs)
    let tags: [String: (EpochRow) -> Double?] = [
      "train/box_loss": { $0.boxLoss }, "train/cls_loss": { $0.classLoss }, "train/dfl_loss": { $0.dflLoss },
      "metrics/precision(B)": { $0.precision }, "metrics/recall(B)": { $0.recall }, "metrics/mAP50(B)": { $0.map50 },
      "metrics/mAP50-95(B)": { $0.map50_95 }, "val/box_loss": { $0.validationLosses?[0] },
      "val/cls_loss": { $0.validationLosses?[1] }, "val/dfl_loss": { $0.validationLosses?[2] },
      "lr/pg0": { $0.learningRate },
      "feeder/images_per_second": { $0.imagesPerSecond }, "feeder/stall_share": { $0.stallShare },
      "feeder/prefetch_depth": { Double($0.prefetchDepth) }, "feeder/workers": { Double($0.workers) },
      "feeder/peak_host_bytes": { Double($0.peakHostBytes) },
    ]
    #expect(Set(scalars.keys) == Set(tags.keys))
    for (tag, column) in tags {
      let events = try #require(scalars[tag])
      #expect(events.map(\.step) == epochs, "\(tag)")
      for (event, row) in zip(events, rows) {
        let wanted = try #require(column(row))
        #expect(abs(Double(event.value) - wanted) <= 1e-5 * abs(wanted), "\(tag): \(event.value), and not \(wanted)")
      }
    }
  }

  @Test("Without the flag there are no events, and a word that is neither true nor false is refused")
  func off() throws {
    let boards = try SmallBoards()
    try boards.write("tensorboard: sometimes\n", to: "c.yaml")
    expectRefusal(
      try boards.train("boards", "--config", "c.yaml", "--out", "run"), "--tensorboard sometimes", "true or false")
    #expect(!boards.exists("run"))
    try boards.write("tensorboard: True\n", to: "c.yaml")
    let run = try boards.train(
      "boards", "--epochs", "1", "--config", "c.yaml", "--tensorboard", "false", "--out", "run")
    #expect(run.status == 0, "\(run.messages)")
    #expect(events(boards).isEmpty)
    #expect(try boards.text("run/args.yaml").contains("tensorboard: false"))
  }

  @Test("Events that cannot be written are reported once, and the run continues to its end")
  func unwritable() throws {
    let boards = try SmallBoards()
    let begun = try boards.train("boards", "--epochs", "2", "--stop-after-steps", "1", "--out", "run")
    #expect(begun.status == 0, "\(begun.messages)")
    try boards.write("", to: "run/events.out.tfevents.9999999999.feeder")
    let run = try boards.feeder(
      "train", "boards", "--resume", "run", "--stop-after-steps", "0", "--tensorboard", "true", "--json")
    #expect(run.status == 0, "\(run.messages)")
    #expect(try run.json()["outcome"] as? String == "finished" && run.json()["epochs_done"] as? Int == 2)
    #expect(run.lines.count { $0.contains("continues without TensorBoard events") } == 1, "\(run.messages)")
    #expect(events(boards) == ["events.out.tfevents.9999999999.feeder"])
  }
}
