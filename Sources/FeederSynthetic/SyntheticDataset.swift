import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging
import Synchronization

/// The number of synthetic boards, and how they look.
package struct SyntheticSettings: Sendable, Equatable {
  /// Number of boards, at least 2.
  package var boardCount = 200
  /// Size of a board in pixels; each side is 128 to 8,192.
  package var size = PixelSize(side: 640)
  /// Another seed draws other boards.
  package var seed: UInt64 = 0
  /// Channels: 1 for black on white as in DeepPCB, 3 for boards in colour.
  package var channels = 1
  /// True to write each board's template without defects as well.
  package var withTemplates = false
  /// Share of boards in the val split, between 0 and 1.
  package var valShare = 0.2
  /// libjpeg's quality, 1 to 100. DeepPCB's files have the tables of 75.
  package var quality = 75

  /// 200 boards of 640 x 640 pixels with one channel.
  package init() {}

  /// Allowed sides of a board in pixels. Smaller boards have no room for the drawing; larger ones are not useful.
  package static let sides = 128...8192

  /// One line with the first invalid setting; nil if all are valid.
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

/// The result of `SyntheticDataset.write`.
package struct SyntheticSummary: Sendable, Equatable {
  /// Path of the folder.
  package let folder: String
  /// Number of boards per split.
  package let imageCounts: [Split: Int]
  /// Number of boxes per split.
  package let boxCounts: [Split: Int]
  /// Number of boxes per class, in the order of `classNames`.
  package let classBoxCounts: [Int]
  /// The class names.
  package var classNames: [String] { DefectKind.classNames }
}

/// Writes synthetic boards as a data set in YOLO layout: `images`, `labels`, data.yaml and, if wanted, `templates`.
package enum SyntheticDataset {
  /// Writes the data set completely, or leaves nothing. Its bytes depend only on the settings, not on `threads`.
  ///
  /// `progress` is called once per board, on any thread. Throws `DatasetError.output` or `.cancelled`.
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

  /// The pixels of board `index` as `write` draws it, before they become a JPEG: with defects, in the channels of
  /// `settings`.
  package static func pixels(of index: Int, _ settings: SyntheticSettings) -> Pixels {
    let board = SyntheticBoard(seed: settings.seed, index: index, size: settings.size)
    return BoardSurface(seed: settings.seed, index: index, size: settings.size, channels: settings.channels)
      .pixels(of: board.tested)
  }

  /// The split of board `index`. Boards of val are spread evenly: at least one, and not all.
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
