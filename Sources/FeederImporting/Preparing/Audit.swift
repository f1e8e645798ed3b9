import FeederCodecs
import FeederCore
import FeederDatasets

/// What `feeder prepare` found in a data set, counted over the images that it wrote.
package struct Audit: Sendable, Equatable {
  /// The counts of one split.
  package struct SplitCounts: Sendable, Equatable {
    /// Images.
    package var imageCount = 0
    /// Boxes.
    package var boxCount = 0
    /// Boxes by class, in the order of the class names.
    package var classBoxCounts: [Int] = []
    /// Boxes under 32 x 32 pixels in area (COCO's sizes).
    package var smallBoxCount = 0
    /// Boxes up to 96 x 96 pixels in area.
    package var mediumBoxCount = 0
    /// Boxes above.
    package var largeBoxCount = 0
    /// Boxes by the image size that they need.
    package var tinyBoxes = TinyBoxes()
    /// Images without a box.
    package var emptyImageCount = 0
    /// Boxes that reached over the edge of their image and were clipped.
    package var clippedBoxCount = 0
    /// Label lines that were dropped because their file holds an equal one.
    package var duplicateBoxCount = 0
    /// Boxes that were outlines in the source.
    package var outlineCount = 0
    /// Boxes that were left out because no part of them lies inside of their image.
    package var outsideBoxCount = 0
    /// Images stored as one component.
    package var oneComponentImageCount = 0
    /// Images that are turned as their EXIF orientation says; their labels are read as of the turned picture.
    package var turnedImageCount = 0
  }

  /// An image that does not decode.
  package struct Unreadable: Sendable, Equatable {
    /// The source's file.
    package let file: String
    /// Why.
    package let reason: String

    /// The line that tells a person.
    package var line: String { "\(file) \(reason)" }
  }

  /// The window of images of more than 8 bits; nil if no training image has more.
  package var window: WindowFinding?
  /// The counts by split.
  package var splits: [Split: SplitCounts] = [:]
  /// What Feeder met while it read the source, by split.
  package var findings: [Split: DatasetFindings] = [:]
  /// What Feeder met and belongs to no split.
  package var wholeFindings = DatasetFindings()
  /// Groups of images with the same bytes in both splits, as `split/id`.
  package var duplicatesAcrossSplits: [[String]] = []
  /// Groups of images with the same bytes in one split.
  package var duplicatesWithinSplit: [[String]] = []
  /// Images that look like images of another split, those with the same bytes included.
  package var nearAcrossSplits: [NearImages] = []
  /// Groups with images in more than one split, as `group: split/id, ...`; empty if nobody said what the groups are.
  package var groupsAcrossSplits: [String] = []
  /// Images that were left out because they do not decode.
  package var unreadable: [Unreadable] = []
  /// Images of kinds that Feeder does not read.
  package var otherImages: [String] = []
  /// Images that share their bytes with the source on disk.
  package var linkedImageCount = 0
  /// Images that were copied.
  package var copiedImageCount = 0

  /// The images and boxes of a split; zeros if it has none.
  package func counts(_ split: Split) -> SplitCounts { splits[split] ?? SplitCounts() }
}

/// What became of one image.
struct PreparedImage: Sendable {
  let header: ImageHeader
  let checksum: UInt64
  let hash: DifferenceHash
  let byteCount: Int
  let labels: [Label]
  let tally: LabelTally
  /// Lines that give no object of this image.
  let badLines: [BadLabelLine]
  let isLinked: Bool
  /// True if it was not written because its labels are bad.
  let isLeftOut: Bool
}

extension Audit {
  /// Counts `results`, one for each image of `source`.
  init(_ source: PreparationSource, results: [Result<PreparedImage, UnreadableImage>]) {
    findings = source.findings
    wholeFindings = source.wholeFindings
    otherImages = source.splits.flatMap { source.findings[$0]?.otherImages ?? [] }
    var sameBytes: [[UInt64]: [Int]] = [:]
    var hashes: [Split: [(name: String, hash: DifferenceHash)]] = [:]
    let items = source.items
    for (index, ((split, item), result)) in zip(items, results).enumerated() {
      if case .pixels(_, let badLines) = item.objects {
        let image = try? result.get()
        let allBad = badLines + (image?.badLines ?? [])
        findings[split, default: DatasetFindings()].note(
          image?.tally ?? LabelTally(), allBad, file: item.labelPath,
          name: item.entry == nil ? item.labelPath : item.imagePath)
        if !allBad.isEmpty { findings[split]?.badImages.note(item.imagePath) }
      }
      switch result {
      case .success(let image) where image.isLeftOut: continue
      case .failure(let failure): unreadable.append(Unreadable(file: item.imagePath, reason: failure.reason))
      case .success(let image):
        splits[split, default: SplitCounts()].count(image, classCount: source.classNames.count)
        hashes[split, default: []].append(("\(split)/\(item.imageID)", image.hash))
        sameBytes[[image.checksum, UInt64(image.byteCount)], default: []].append(index)
        if image.isLinked { linkedImageCount += 1 } else { copiedImageCount += 1 }
      }
    }
    nearAcrossSplits = NearImages.across(hashes)
    groupsAcrossSplits = source.groupsAcrossSplits
    for group in sameBytes.values.filter({ $0.count > 1 }).sorted(by: { $0[0] < $1[0] }) {
      let names = group.map { "\(items[$0].split)/\(items[$0].image.imageID)" }
      if Set(group.map { items[$0].split }).count > 1 {
        duplicatesAcrossSplits.append(names)
      } else {
        duplicatesWithinSplit.append(names)
      }
    }
  }
}

extension Audit.SplitCounts {
  /// Adds one image.
  mutating func count(_ image: PreparedImage, classCount: Int) {
    if classBoxCounts.isEmpty { classBoxCounts = [Int](repeating: 0, count: classCount) }
    imageCount += 1
    boxCount += image.labels.count
    clippedBoxCount += image.tally.clippedCount
    duplicateBoxCount += image.tally.duplicateCount
    outlineCount += image.tally.outlineCount
    outsideBoxCount += image.tally.outsideCount
    if image.labels.isEmpty { emptyImageCount += 1 }
    if image.header.channels == 1 { oneComponentImageCount += 1 }
    if image.header.orientation != .upright { turnedImageCount += 1 }
    for label in image.labels {
      classBoxCounts[label.classID] += 1
      tinyBoxes.add(label, on: image.header.size)
      // Half a thousandth of a pixel is rounding of the shares.
      let area = label.box(in: image.header.size).area
      if area < 32 * 32 - 5e-4 {
        smallBoxCount += 1
      } else if area <= 96 * 96 + 5e-4 {
        mediumBoxCount += 1
      } else {
        largeBoxCount += 1
      }
    }
  }
}
