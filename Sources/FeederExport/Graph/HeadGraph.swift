import FeederDetection

/// The part of a graph behind the network: from the levels' logits to the outputs of a form.
struct HeadGraph {
  private let builder: GraphBuilder
  private let settings: ExportSettings
  private let strides: [Int]
  private let classCount: Int
  private let bins: Int

  init(_ network: DetectionNetwork, _ builder: GraphBuilder, _ settings: ExportSettings) {
    (self.builder, self.settings) = (builder, settings)
    strides = network.design.strides
    classCount = network.classCount
    bins = network.design.architecture.bins
  }

  /// Writes the outputs of the form.
  func write(_ levels: [GraphOperators.Level]) {
    switch settings.form {
    case .raw: writeRaw(levels)
    case .decoded: writeDecoded(levels)
    case .detections: writeDetections(levels)
    }
  }

  /// The name of a batch that the run chooses.
  static let freeBatch = "batch"

  private var batch: ONNXValue.Extent { settings.batch.map { .fixed($0) } ?? .free(Self.freeBatch) }

  /// Cells of the level of stride `stride`: rows and columns.
  private func cells(_ stride: Int) -> (rows: Int, columns: Int) {
    (settings.size.height / stride, settings.size.width / stride)
  }

  private var anchorCount: Int { strides.map { cells($0).rows * cells($0).columns }.reduce(0, +) }

  // MARK: - Raw

  private func writeRaw(_ levels: [GraphOperators.Level]) {
    for (level, stride) in zip(levels, strides) {
      let (rows, columns) = cells(stride)
      builder.output(level.boxes, as: "box\(stride)", [batch, .fixed(4 * bins), .fixed(rows), .fixed(columns)])
      builder.output(
        builder.add("Sigmoid", level.classes), as: "score\(stride)",
        [batch, .fixed(classCount), .fixed(rows), .fixed(columns)])
    }
  }

  // MARK: - Decoded

  private func writeDecoded(_ levels: [GraphOperators.Level]) {
    let (from, to) = corners(levels)
    let centre = builder.add("Mul", builder.add("Add", from, to), builder.float("half", 0.5), name: "centres")
    let boxes = builder.add("Concat", [centre, builder.add("Sub", to, from, name: "sizes")], with: Self.axis(1))[0]
    let pixels = builder.add("Mul", boxes, strideRow, name: "boxes")
    builder.output(
      builder.add("Concat", [pixels, scores(levels)], with: Self.axis(1))[0], as: "output0",
      [batch, .fixed(4 + classCount), .fixed(anchorCount)])
  }

  private static func axis(_ axis: Int) -> [String: ONNXNode.Attribute] { ["axis": .number(axis)] }

  /// `x` with `shape` after the batch.
  private func reshaped(_ x: String, _ shape: [Int], name: String? = nil) -> String {
    // 0 keeps the extent of the input.
    builder.add("Reshape", x, builder.list([settings.batch ?? 0] + shape), name: name)
  }

  /// One branch of all levels, [B, `channels`, A].
  private func flat(_ values: [String], _ channels: Int, _ name: String) -> String {
    let counts = strides.map { cells($0).rows * cells($0).columns }
    return builder.add(
      "Concat", zip(values, counts).map { reshaped($0, [channels, $1]) }, name: name, with: Self.axis(2))[0]
  }

  /// Probabilities [B, classes, A].
  private func scores(_ levels: [GraphOperators.Level]) -> String {
    builder.add("Sigmoid", flat(levels.map(\.classes), classCount, "scores.logits"), name: "scores")
  }

  /// The upper left and the lower right corners [B, 2, A] in grid units.
  private func corners(_ levels: [GraphOperators.Level]) -> (from: String, to: String) {
    let logits = reshaped(flat(levels.map(\.boxes), 4 * bins, "boxes.logits"), [4, bins, anchorCount])
    let shares = builder.add(
      "Softmax", builder.add("Transpose", logits, with: ["perm": .numbers([0, 2, 1, 3])]), name: "distances.shares",
      with: Self.axis(1))
    // The mean of each distribution over the bins, which count from 0, is a convolution of 1 x 1.
    let means = builder.add(
      "Conv", shares, builder.floats("bins", (0..<bins).map(Float.init), [1, bins, 1, 1]), name: "distances.means",
      with: ["kernel_shape": .numbers([1, 1])])
    let sides = builder.add(
      "Split", [reshaped(means, [4, anchorCount], name: "distances"), builder.list([2, 2])], outputs: 2,
      with: Self.axis(1))
    let anchors = builder.floats("anchors", anchors, [1, 2, anchorCount])
    return (
      builder.add("Sub", anchors, sides[0], name: "corners.from"),
      builder.add("Add", anchors, sides[1], name: "corners.to")
    )
  }

  /// The anchor points in grid units: all x, then all y.
  private var anchors: [Float] {
    var (x, y): ([Float], [Float]) = ([], [])
    for stride in strides {
      let (rows, columns) = cells(stride)
      for row in 0..<rows {
        for column in 0..<columns {
          x.append(Float(column) + 0.5)
          y.append(Float(row) + 0.5)
        }
      }
    }
    return x + y
  }

  /// The stride of each anchor's level [1, 1, A].
  private var strideRow: String {
    let values = strides.flatMap { [Float](repeating: Float($0), count: cells($0).rows * cells($0).columns) }
    return builder.floats("strides", values, [1, 1, values.count])
  }

  // MARK: - Detections

  /// Suppression per class of each anchor's best class, as `NonMaximumSuppression` does in prediction, for one image.
  private func writeDetections(_ levels: [GraphOperators.Level]) {
    let (from, to) = corners(levels)
    let pixels = builder.add(
      "Mul", builder.add("Concat", [from, to], with: Self.axis(1))[0], strideRow, name: "corners")
    let boxes = builder.add("Transpose", pixels, name: "boxes", with: ["perm": .numbers([0, 2, 1])])
    let scores = scores(levels)
    let best = builder.add("ReduceMax", scores, with: ["axes": .numbers([1]), "keepdims": .number(1)])
    let counted = builder.add(
      "Where", builder.add("Equal", scores, best), scores, builder.float("zero", 0), name: "scores.best")
    // Rows of image, class and anchor.
    let kept = builder.add(
      "NonMaxSuppression", boxes, counted, builder.integer(settings.largestCount),
      builder.float("iou", settings.overlap), builder.float("conf", settings.confidence), name: "kept")
    func column(_ values: String) -> String { builder.add("Unsqueeze", values, builder.list([1])) }
    let anchor = builder.add("Gather", kept, builder.integer(2), name: "kept.anchors", with: Self.axis(1))
    let classID = builder.add("Gather", kept, builder.integer(1), name: "kept.classes", with: Self.axis(1))
    let keptBoxes = builder.add(
      "Gather", builder.add("Squeeze", boxes, builder.list([0])), anchor, name: "kept.boxes", with: Self.axis(0))
    let keptScores = builder.add("GatherND", counted, kept, name: "kept.scores")
    let floatClass = builder.add("Cast", classID, with: ["to": .number(ONNXElement.float.rawValue)])
    let rows = builder.add(
      "Concat", [keptBoxes, column(keptScores), column(floatClass)], name: "rows", with: Self.axis(1))[0]
    // Zeros below, so that there are always enough rows to choose from.
    let count = settings.largestCount
    let padding = builder.floats("rows.padding", [Float](repeating: 0, count: count * 6), [count, 6])
    let padded = builder.add("Concat", [rows, padding], with: Self.axis(0))[0]
    let order = builder.add(
      "TopK", [builder.add("Gather", padded, builder.integer(4), with: Self.axis(1)), builder.list([count])],
      name: "order", outputs: 2, with: Self.axis(0))[1]
    builder.output(
      builder.add("Unsqueeze", builder.add("Gather", padded, order, with: Self.axis(0)), builder.list([0])),
      as: "detections", [.fixed(1), .fixed(count), .fixed(6)])
  }
}
