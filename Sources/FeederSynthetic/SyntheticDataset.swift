import FeederCore
import FeederDatasets
import FeederImaging
import Synchronization

/// How many synthetic boards, and which.
package struct SyntheticSettings: Sendable, Equatable {
  /// Boards in all, at least 2.
  package var boardCount = 200
  /// Pixels of a board, 128 to 8,192 a side.
  package var size = PixelSize(side: 640)
  /// Another seed draws other boards.
  package var seed: UInt64 = 0
  /// 1 for DeepPCB's black on white, 3 for boards in colour.
  package var channels = 1
  /// Also writes each board's defect-free template.
  package var withTemplates = false
  /// The share of boards in the split `val`, between 0 and 1.
  package var valShare = 0.2
  /// libjpeg's quality, 1 to 100; DeepPCB's files have the tables of 75.
  package var quality = 75

  /// 200 boards of 640 x 640 pixels in one channel.
  package init() {}

  /// Sides of a board: smaller ones have no room for the drawing, larger ones no use.
  package static let sides = 128...8192

  /// What is wrong with the settings, in one line; nil where nothing is.
  package var problem: SettingLine? {
    if !(2...1_000_000).contains(boardCount) { return "\(setting: "boards") \(boardCount): give 2 to 1000000 boards" }
    if !Self.sides.contains(size.width) || !Self.sides.contains(size.height) {
      return
        "\(setting: "size") \(size.description): both sides are \(Self.sides.lowerBound) to \(Self.sides.upperBound) pixels"
    }
    if channels != 1, channels != 3 { return "\(setting: "channels") \(channels): give 1 or 3" }
    if !(valShare > 0 && valShare < 1) {
      return "\(setting: "val_share") \(valShare): give a share above 0 and below 1"
    }
    if !(1...100).contains(quality) { return "\(setting: "quality") \(quality): give 1 to 100" }
    return nil
  }
}

/// What `SyntheticDataset.write` wrote.
package struct SyntheticSummary: Sendable, Equatable {
  /// The folder.
  package let folder: String
  /// Boards by split.
  package let imageCounts: [Split: Int]
  /// Boxes by split.
  package let boxCounts: [Split: Int]
  /// Boxes by class, in the order of `classNames`.
  package let classBoxCounts: [Int]
  /// The class names.
  package var classNames: [String] { DefectKind.classNames }
}

/// Synthetic boards as a data set in YOLO layout: `images`, `labels`, data.yaml, and `templates` where asked for.
package enum SyntheticDataset {
  /// Writes the data set, whole or not at all; its bytes depend on the settings alone, never on `threads`.
  ///
  /// `progress` is called once a board, from any thread. Throws `DatasetError.output` or `.cancelled`.
  @discardableResult
  package static func write(
    _ settings: SyntheticSettings, to target: String, threads: Int, cancellation: Cancellation = Cancellation(),
    progress: @Sendable () -> Void = {}
  ) throws -> SyntheticSummary {
    precondition(settings.problem == nil, "the caller checks the settings' problem first")
    let staged = try StagedFolder(target: target)
    for split in [Split.train, .val] {
      try staged.makeFolder("images/\(split)")
      try staged.makeFolder("labels/\(split)")
      if settings.withTemplates { try staged.makeFolder("templates/\(split)") }
    }
    try staged.write(LayoutText.dataYAML(classNames: DefectKind.classNames), to: "data.yaml")

    let writer = BoardWriter(settings: settings, folder: staged)
    let boxCounts = Mutex([Split: [Int]]())
    try ParallelWork.forEach(settings.boardCount, threads: threads, tool: { try JPEGEncoder() }) { index, encoder in
      try cancellation.check()
      let board = SyntheticBoard(seed: settings.seed, index: index, size: settings.size)
      let split = Self.split(of: index, settings)
      try writer.write(board, index, split, encoder)
      boxCounts.withLock { counts in
        for defect in board.defects {
          counts[split, default: [0, 0, 0, 0, 0, 0]][defect.kind.rawValue] += 1
        }
      }
      progress()
    }
    try staged.commit()
    return summary(settings, folder: staged.target, boxCounts: boxCounts.withLock { $0 })
  }

  /// The split of a board: val's boards are spread evenly, at least one and not all.
  static func split(of index: Int, _ settings: SyntheticSettings) -> Split {
    let count = settings.boardCount
    let val = min(max(Int((Double(count) * settings.valShare).rounded()), 1), count - 1)
    return (index + 1) * val / count > index * val / count ? .val : .train
  }

  private static func summary(
    _ settings: SyntheticSettings, folder: String, boxCounts: [Split: [Int]]
  ) -> SyntheticSummary {
    var imageCounts: [Split: Int] = [:]
    for index in 0..<settings.boardCount { imageCounts[split(of: index, settings), default: 0] += 1 }
    let classBoxCounts = DefectKind.allCases.map { kind in
      boxCounts.values.map { $0[kind.rawValue] }.reduce(0, +)
    }
    return SyntheticSummary(
      folder: folder, imageCounts: imageCounts, boxCounts: boxCounts.mapValues { $0.reduce(0, +) },
      classBoxCounts: classBoxCounts)
  }
}
