import FeederDatasets

/// The audit of `feeder prepare`, as JSON and as lines for people.
struct AuditReport: Encodable {
  let out: String
  let source: String
  let format: String
  let splits: [String: SplitReport]
  let classes: [ClassReport]
  let duplicatesAcrossSplits: [[String]]
  let duplicatesWithinSplit: [[String]]
  let unreadable: [UnreadableReport]
  let otherImages: [String]
  let linkedImageCount: Int
  let copiedImageCount: Int
  private let findings: [String]
  private let tinyBoxLines: [String]

  /// The default of `feeder train --image-size`.
  private static let imageSize = 640

  private enum CodingKeys: String, CodingKey {
    case out, source, format, splits, classes, duplicatesAcrossSplits, duplicatesWithinSplit, unreadable, otherImages
    case linkedImageCount, copiedImageCount
  }

  struct SplitReport: Encodable {
    let imageCount: Int
    let boxCount: Int
    let smallBoxCount: Int
    let mediumBoxCount: Int
    let largeBoxCount: Int
    /// Boxes that are less than 2 px wide or high at the default image size.
    let tinyBoxCount: Int
    let clippedBoxCount: Int
    let duplicateBoxCount: Int
    let outlineCount: Int
    let badLineCount: Int
    let emptyImageCount: Int
    let oneComponentImageCount: Int
    let turnedImageCount: Int
  }

  struct ClassReport: Encodable {
    let name: String
    let trainBoxCount: Int
    let valBoxCount: Int
    /// Nil if the data set has no test split.
    let testBoxCount: Int?
  }

  struct UnreadableReport: Encodable {
    let file: String
    let reason: String
  }

  init(_ audit: Audit, folder: String, source: PreparationSource) {
    out = folder
    self.source = source.folder
    format = source.format
    splits = Dictionary(
      uniqueKeysWithValues: source.splits.map { split in
        let counts = audit.counts(split)
        return (
          split.rawValue,
          SplitReport(
            imageCount: counts.imageCount, boxCount: counts.boxCount, smallBoxCount: counts.smallBoxCount,
            mediumBoxCount: counts.mediumBoxCount, largeBoxCount: counts.largeBoxCount,
            tinyBoxCount: counts.tinyBoxes.count(imageSize: Self.imageSize),
            clippedBoxCount: counts.clippedBoxCount, duplicateBoxCount: counts.duplicateBoxCount,
            outlineCount: counts.outlineCount, badLineCount: audit.findings[split]?.badLines.count ?? 0,
            emptyImageCount: counts.emptyImageCount,
            oneComponentImageCount: counts.oneComponentImageCount, turnedImageCount: counts.turnedImageCount)
        )
      })
    classes = source.classNames.enumerated().map { index, name in
      func count(_ split: Split) -> Int {
        let counts = audit.counts(split).classBoxCounts
        return counts.indices.contains(index) ? counts[index] : 0
      }
      return ClassReport(
        name: name, trainBoxCount: count(.train), valBoxCount: count(.val),
        testBoxCount: source.splits.contains(.test) ? count(.test) : nil)
    }
    tinyBoxLines = source.splits.compactMap {
      audit.counts($0).tinyBoxes.line($0.rawValue, imageSize: Self.imageSize)?.flags
    }
    duplicatesAcrossSplits = audit.duplicatesAcrossSplits
    duplicatesWithinSplit = audit.duplicatesWithinSplit
    unreadable = audit.unreadable.map { UnreadableReport(file: $0.file, reason: $0.reason) }
    otherImages = audit.otherImages
    linkedImageCount = audit.linkedImageCount
    copiedImageCount = audit.copiedImageCount
    findings = source.splits.flatMap { audit.findings[$0]?.lines($0.rawValue) ?? [] }
  }

  /// The audit in lines for people, without findings that need no action.
  var lines: [String] {
    var lines = ["\(out): \(format), \(linkedImageCount) images linked, \(copiedImageCount) copied"]
    for (name, split) in splits.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "\(name): \(split.imageCount) images, \(split.boxCount) boxes (\(split.smallBoxCount) small, "
          + "\(split.mediumBoxCount) medium, \(split.largeBoxCount) large), \(split.emptyImageCount) images without boxes, "
          + "\(split.clippedBoxCount) boxes clipped at the border")
    }
    lines += classes.map { each in
      "  \(each.name): \(each.trainBoxCount) train, \(each.valBoxCount) val"
        + (each.testBoxCount.map { ", \($0) test" } ?? "")
    }
    lines += findings
    lines += tinyBoxLines
    lines += some(
      duplicatesAcrossSplits.map { $0.joined(separator: " = ") }, "images are the same in more than one split")
    lines += some(duplicatesWithinSplit.map { $0.joined(separator: " = ") }, "images occur more than once")
    let turnedImageCount = splits.values.map(\.turnedImageCount).reduce(0, +)
    if turnedImageCount > 0 {
      lines.append(
        "\(turnedImageCount) images are rotated by their EXIF orientation, and their labels belong to the rotated image"
      )
    }
    lines += some(
      unreadable.map { "\($0.file) \($0.reason)" }, "unreadable images were left out", shown: unreadable.count)
    return lines
  }

  /// A title line with the number of items, then the first of them.
  private func some(_ items: [String], _ title: String, shown: Int = 5) -> [String] {
    guard !items.isEmpty else { return [] }
    return ["\(items.count) \(title):"] + items.prefix(shown).map { "  " + $0 } + (items.count > shown ? ["  ..."] : [])
  }
}
