import BoardSupport
import FeederCodecs
import FeederCore
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite(
  "Every sample export of a label tool is imported as independent packages read it",
  .enabled(if: SampleExport.isThere, "no sample exports: set FEEDER_FORMATS to their folder"))
struct LabelSampleTests {
  /// The samples, each with a folder of its own. Of voc100, which holds the same labels in five formats, COCO's.
  static let names: [String] = {
    let folder = SampleExport.all ?? "/nowhere"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let canReadMasks = ImageCodecs.endings.contains("png")
    return names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/expected.json") }.sorted()
      .filter { canReadMasks || $0 != "mvtec" }
  }()

  /// The sample, read with the flags that it needs.
  private func source(_ name: String) throws -> PreparationSource {
    try PreparationSource.read(
      SampleExport.folder(name), format: name == "voc100" ? "coco" : nil, rule: SplitRule(valShare: 0),
      firstPixelIsOne: name == "by_supervision_voc")
  }

  @Test("classes, images, splits, sizes, boxes before they are clipped, and what is left out", arguments: names)
  func sample(name: String) throws {
    let (expected, folder, source) = (
      try SampleExport.expected(name), try SampleExport.folder(name), try source(name)
    )
    // The four files of one sample name no order of their classes, so Feeder sorts them. The sample lists them by first use in the
    // files 1, 6, 4, 10: the order of a directory on some disk, which no rule gives.
    #expect(source.classNames == (name == "labelme" ? expected.classes.sorted() : expected.classes))
    var images = Dictionary(
      source.items.map { (FileBytes.realPath($0.image.imagePath), $0) }, uniquingKeysWith: { first, _ in first })
    #expect(images.count == expected.items.count)
    for item in expected.items {
      let found = images.removeValue(forKey: FileBytes.realPath(folder + "/" + item.file))
      let (split, image) = try #require(found, "\(item.file) is not there")
      if let wanted = item.split { #expect(Split(word: wanted) == split, "\(item.file)") }
      let size = PixelSize(width: item.width, height: item.height)
      if let stated = image.statedSize { #expect(stated == size, "\(item.file)") }
      let (boxes, areClipped) = boxes(of: image, source.classNames, size)
      let wanted = item.boxes.map { ($0.name, areClipped ? $0.box.clipped(to: size) : $0.box) }
      #expect(isSame(rows(boxes), rows(wanted), expected.tolerance_px ?? 0.02), "\(item.file): \(boxes), not \(wanted)")
    }
    #expect(images.isEmpty)
    if let leftOut = expected.left_out { #expect(Self.leftOut(source) == leftOut) }
  }

  private func boxes(
    of image: ImportedImage, _ names: [String], _ size: PixelSize
  ) -> (boxes: [(String, Box)], areClipped: Bool) {
    switch image.objects {
    case .shares(let labels, _): (labels.map { (names[$0.classID], $0.box(in: size)) }, true)
    case .pixels(let objects, _):
      (
        objects.map { object in
          let (box, scale) = (object.box, object.isShare ? (Double(size.width), Double(size.height)) : (1, 1))
          return (
            names[object.classID],
            Box(x1: box.x1 * scale.0, y1: box.y1 * scale.1, x2: box.x2 * scale.0, y2: box.y2 * scale.1)
          )
        }, false
      )
    }
  }

  private func rows(_ boxes: [(String, Box)]) -> [(String, [Double])] {
    boxes.map { ($0, [$1.x1, $1.y1, $1.x2, $1.y2]) }
      .sorted { ($0.0, $0.1[0], $0.1[1], $0.1[2]) < ($1.0, $1.1[0], $1.1[1], $1.1[2]) }
  }

  private func isSame(_ left: [(String, [Double])], _ right: [(String, [Double])], _ tolerance: Double) -> Bool {
    left.count == right.count
      && zip(left, right).allSatisfy { left, right in
        left.0 == right.0 && zip(left.1, right.1).allSatisfy { abs($0 - $1) <= tolerance }
      }
  }

  /// What was left out or told, by reason, in the words of the samples.
  private static func leftOut(_ source: PreparationSource) -> [String: Int] {
    var counts = source.wholeFindings.leftOut.merging(source.wholeFindings.special) { first, _ in first }
      .mapValues(\.count)
    // A sample may name the same images for two splits.
    let duplicates = source.findings.values.map(\.duplicates.count).max() ?? 0
    if duplicates > 0 { counts["duplicate line"] = duplicates }
    return counts
  }

  @Test("The same hundred pictures as COCO, CVAT and Pascal VOC give the same boxes", arguments: ["cvat", "voc"])
  func sameInAllFormats(format: String) throws {
    let folder = try SampleExport.folder("voc100")
    let (coco, other) = (
      try source("voc100"), try PreparationSource.read(folder, format: format, rule: SplitRule(valShare: 0))
    )
    #expect(other.items.count == 100 && coco.items.map(\.image.imagePath) == other.items.map(\.image.imagePath))
    let size = PixelSize(side: 1)
    for (left, right) in zip(coco.items, other.items) {
      let (left, right) = (
        boxes(of: left.image, coco.classNames, size).boxes, boxes(of: right.image, other.classNames, size).boxes
      )
      #expect(isSame(rows(left), rows(right), 0.001))
    }
  }

  @Test("A folder of several formats is refused with the candidates, until one is chosen")
  func ambiguous() throws {
    let folder = try SampleExport.folder("voc100")
    let line = failure { _ = try PreparationSource.read(folder) }
    for candidate in ["coco (", "voc (", "cvat (", "choose with --format"] {
      #expect(line.contains(candidate), "\(line)")
    }
    #expect(!line.contains("\n"))
  }

  @Test(
    "A damaged one is refused in one line with the file and the reason, and without its image it goes on or says what is left",
    arguments: [
      ("coco_cut", "is cut off"), ("coco_nan", "line 1: is not JSON"), ("coco_huge", "annotation 1: has a box from"),
      ("coco_two_ids", "image 2: has the id 1, which image 1 has too"),
      ("coco_escape", "leads out of the data set's folder"), ("coco_size", "is for an image of 320 x 640 pixels"),
      ("coco_deep", "nests more than 64 levels"), ("voc_bomb", "has the entity 'a'"),
      ("voc_outside", "has the entity 'x'"), ("voc_cut", "is not XML"), ("voc_swapped", "corners are crossed"),
      ("labelme_missing", "'gone.jpg'"),
    ])
  func damaged(name: String, problem: String) throws {
    let line = try SampleExport.refusal(name)
    #expect(line.contains(problem) && line.contains(name), "\(line)")
    #expect(line.utf8.count < 1000 && !line.contains("\n"), "\(line)")
    let scratch = try Scratch()
    let skipped = failure {
      _ = try PreparationSource.read(SampleExport.folder("damaged/" + name), skipsBadLabels: true)
        .write(to: scratch.path + "/out", settings: PreparationSettings())
    }
    #expect(!skipped.isEmpty && !skipped.contains("\n"), "\(skipped)")
  }
}
