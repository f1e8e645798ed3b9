import FeederCodecs
import FeederDatasets
import FeederImporting

/// The audit of `feeder prepare`, as JSON and as lines for people.
struct AuditReport: Encodable {
  let out: String
  let source: String
  let format: String
  let layout: String
  let reason: String
  /// What is no box to train on, by reason.
  let leftOut: [String: Int]
  let splits: [String: SplitReport]
  let classes: [ClassReport]
  let window: WindowReport?
  let duplicatesAcrossSplits: [[String]]
  let duplicatesWithinSplit: [[String]]
  let nearAcrossSplits: [NearReport]
  let groupsAcrossSplits: [String]
  let unreadable: [UnreadableReport]
  let otherImages: [String]
  let linkedImageCount: Int
  let copiedImageCount: Int
  private let findings: [String]
  private let tinyBoxLines: [String]
  private let nearLines: [String]

  /// The default of `feeder train --image-size`.
  static let imageSize = 640

  private enum CodingKeys: String, CodingKey {
    case out, source, format, layout, reason, leftOut, splits, classes, duplicatesAcrossSplits, duplicatesWithinSplit
    case nearAcrossSplits, groupsAcrossSplits, window, unreadable, otherImages, linkedImageCount, copiedImageCount
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
    let outsideBoxCount: Int
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

  /// The window of images of more than 8 bits.
  struct WindowReport: Encodable {
    /// "full", or black and white, as `--window` takes them.
    let window: String
    let curve: String
    let lowestLevel: Int
    let highestLevel: Int
    /// Share of the samples below black or above white, 0 to 1.
    let clippedShare: Double
    /// The image with the largest such share.
    let mostClipped: String?
    let mostClippedShare: Double?
    /// The same for people.
    let line: String

    init(_ finding: WindowFinding) {
      func percent(_ share: Double) -> String { "\((share * 100_000).rounded() / 1000) %" }
      (window, curve) = (finding.window.text, finding.window.curve.rawValue)
      (lowestLevel, highestLevel) = (finding.range.lowerBound, finding.range.upperBound)
      clippedShare = finding.clippedShare
      (mostClipped, mostClippedShare) = (finding.worst?.file, finding.worst?.share)
      line =
        "window: \(finding.window.words) (\(finding.isFound ? "found" : "given"); levels are \(lowestLevel) to \(highestLevel)); "
        + "\(percent(clippedShare)) of the samples are clipped"
        + (finding.worst.map { ", most in \($0.file): \(percent($0.share))" } ?? "")
    }
  }

  struct NearReport: Encodable {
    let split: String
    let other: String
    let imageCount: Int
    /// The first pairs of an image and its nearest twin.
    let first: [[String]]
  }

  struct UnreadableReport: Encodable {
    let file: String
    let reason: String
  }

  init(_ audit: Audit, folder: String, layout: String, source: PreparationSource) {
    self.layout = layout
    out = folder
    self.source = source.folder
    format = source.format
    reason = source.reason
    leftOut = audit.wholeFindings.leftOut.mapValues(\.count)
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
            outlineCount: counts.outlineCount, outsideBoxCount: counts.outsideBoxCount,
            badLineCount: audit.findings[split]?.badLines.count ?? 0,
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
    window = audit.window.map(WindowReport.init)
    duplicatesAcrossSplits = audit.duplicatesAcrossSplits
    duplicatesWithinSplit = audit.duplicatesWithinSplit
    nearAcrossSplits = audit.nearAcrossSplits.map {
      NearReport(split: $0.split.rawValue, other: $0.other.rawValue, imageCount: $0.count, first: $0.first)
    }
    nearLines = audit.nearAcrossSplits.flatMap(Self.lines)
    groupsAcrossSplits = audit.groupsAcrossSplits
    unreadable = audit.unreadable.map { UnreadableReport(file: $0.file, reason: $0.reason) }
    otherImages = audit.otherImages
    linkedImageCount = audit.linkedImageCount
    copiedImageCount = audit.copiedImageCount
    findings =
      audit.wholeFindings.lines("all") + source.splits.flatMap { audit.findings[$0]?.lines($0.rawValue) ?? [] }
  }

  /// The audit in lines for people, without findings that need no action.
  var lines: [String] {
    let form = layout == DatasetExporters.names[0] ? format : "\(layout) from \(format)"
    var lines = ["\(out): \(form), \(linkedImageCount) images linked, \(copiedImageCount) copied"]
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
    lines += [window?.line].compactMap { $0 }
    lines += tinyBoxLines
    lines += some(
      duplicatesAcrossSplits.map { $0.joined(separator: " = ") }, "images are the same in more than one split")
    lines += some(duplicatesWithinSplit.map { $0.joined(separator: " = ") }, "images occur more than once")
    lines += nearLines
    lines += some(groupsAcrossSplits, "groups have images in more than one split")
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

  /// How many images of a split look like images of another, and the first few.
  private static func lines(_ near: NearImages) -> [String] {
    let title =
      "\(near.count) of \(near.imageCount) images of '\(near.split)' look like an image of '\(near.other)'; keep the images "
      + "of one board in one split (--group-by):"
    return [title] + near.first.prefix(5).map { "  " + $0.joined(separator: " ~ ") } + (near.count > 5 ? ["  ..."] : [])
  }

  /// A title line with the number of items, then the first of them.
  private func some(_ items: [String], _ title: String, shown: Int = 5) -> [String] {
    guard !items.isEmpty else { return [] }
    return ["\(items.count) \(title):"] + items.prefix(shown).map { "  " + $0 } + (items.count > shown ? ["  ..."] : [])
  }
}
