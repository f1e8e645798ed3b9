import BoardSupport
import FeederCore
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

/// A data set with what exporters must keep: three splits that share names, folders, names and classes that markup must escape, boxes
/// between pixels and at the edges, an image without objects.
private struct TrickyBoards {
  let scratch: Scratch
  let classNames = ["pin-hole", "a & <b> \"c\"", "短路", "no"]

  /// With `folders`, some images lie in folders of their split.
  init(folders: Bool = true) throws {
    scratch = try Scratch()
    let labels = [
      "train/a": "0 0.5 0.5 0.25 0.25\n1 0.1 0.1 0.2 0.2\n2 0.333333 0.777777 0.123456 0.1\n",
      "train/line 1/a": "3 0.95 0.95 0.1 0.1\n", "train/line2/b&c": "", "val/a": "2 0.5 0.5 1 1\n",
      "test/d": "1 0.5 0.5 0.1 0.1\n",
    ]
    for (number, (name, text)) in labels.sorted(by: { $0.key < $1.key }).enumerated() {
      let name = folders ? name : name.replacing("/line 1/a", with: "/c").replacing("/line2", with: "")
      try scratch.write("in/images/\(name).jpg", bytes: greyJPEG(UInt8(20 + number), channels: number % 2 == 0 ? 1 : 3))
      try scratch.write("in/labels/\(name).txt", text)
    }
    let names = classNames.map { JSONText.quoted($0) }.joined(separator: ", ")
    try scratch.write("in/data.yaml", "train: images/train\nval: images/val\ntest: images/test\nnames: [\(names)]\n")
  }

  /// Writes the data set `from` of the scratch folder in a layout.
  @discardableResult
  func convert(_ from: String, to layout: String, as out: String) throws -> Audit {
    var settings = PreparationSettings()
    settings.layout = layout
    settings.images = .copy
    return try PreparationSource.read("\(scratch.path)/\(from)", rule: SplitRule(valShare: 0))
      .write(to: "\(scratch.path)/\(out)", settings: settings).audit
  }

  /// The boxes of a YOLO data set by the image's checksum and split: names differ from layout to layout.
  func boxes(_ folder: String) throws -> [String: [(name: String, edges: [Double])]] {
    let dataset = try Dataset.open("\(scratch.path)/\(folder)", rule: SplitRule(valShare: 0))
    var found: [String: [(name: String, edges: [Double])]] = [:]
    for split in dataset.splits {
      for entry in try dataset.entries(split) {
        let key = "\(split) \(Checksum.xxh64(try FileBytes.read(entry.imagePath)))"
        #expect(found[key] == nil)
        found[key] = entry.labels.map { label in
          let box = label.box(in: PixelSize(width: 200, height: 100))
          return (dataset.classNames[label.classID], [box.x1, box.y1, box.x2, box.y2])
        }
      }
    }
    return found
  }
}

@Suite("What is written for other tools is what was read")
struct ExportTests {
  @Test("each layout reads back with the same images, splits, classes and boxes", arguments: DatasetExporters.names)
  func roundTrip(layout: String) throws {
    let boards = try TrickyBoards()
    let audit = try boards.convert("in", to: layout, as: layout)
    #expect(audit.copiedImageCount == 5 && audit.linkedImageCount == 0)
    let source = try PreparationSource.read("\(boards.scratch.path)/\(layout)")
    #expect(source.format == layout)
    #expect(Set(source.classNames) == Set(boards.classNames) && source.splits == Split.allCases)
    try boards.convert(layout, to: "yolo", as: "back")
    let (before, after) = (try boards.boxes("in"), try boards.boxes("back"))
    #expect(before.count == 5 && Set(before.keys) == Set(after.keys))
    for (key, wanted) in before {
      let got = after[key] ?? []
      #expect(wanted.map(\.name) == got.map(\.name))
      #expect(zip(wanted.flatMap(\.edges), got.flatMap(\.edges)).allSatisfy { abs($0 - $1) <= 2e-4 })
    }
  }

  @Test("the order of classes stays", arguments: DatasetExporters.names)
  func classOrder(layout: String) throws {
    let boards = try TrickyBoards()
    try boards.convert("in", to: layout, as: layout)
    #expect(try PreparationSource.read("\(boards.scratch.path)/\(layout)").classNames == boards.classNames)
  }

  @Test("without splits there are no folders of splits, and no subsets", arguments: DatasetExporters.names)
  func whole(layout: String) throws {
    let scratch = try Scratch()
    try scratch.write("in/images/a.jpg", bytes: greyJPEG(1))
    try scratch.write("in/images/b.jpg", bytes: greyJPEG(2))
    try scratch.write("in/labels/a.txt", "0 0.5 0.5 0.5 0.5\n")
    try scratch.write("in/classes.txt", "open\n")
    let writer = try DatasetWriter(
      to: scratch.path + "/out", format: layout, classNames: ["open"], images: [(nil, "a"), (nil, "b")])
    try writer.add(0, path: scratch.path + "/in/images/a.jpg", boxes: [(0, Box(x1: -5, y1: 10, x2: 50, y2: 40))])
    try writer.add(1, path: scratch.path + "/in/images/b.jpg", boxes: [(0, Box(x1: 300, y1: 0, x2: 400, y2: 50))])
    let out = try writer.finish()
    let files = try contents(of: out)
    #expect(!files.keys.contains { $0.contains("train/") || $0.contains("val/") })
    #expect(!files.values.contains { String(decoding: $0, as: UTF8.self).contains("subset") })
    let source = try PreparationSource.read(out, rule: SplitRule(valShare: 0))
    let audit = try source.write(to: scratch.path + "/back", settings: PreparationSettings()).audit
    #expect(audit.counts(.train).boxCount == 1 && source.imageCount == 2)
    let label = try #require(
      try Dataset.open(scratch.path + "/back", rule: SplitRule(valShare: 0)).entries(.train)[0].labels.first)
    let box = label.box(in: PixelSize(width: 200, height: 100))
    #expect(zip([box.x1, box.y1, box.x2, box.y2], [0, 10, 50, 40]).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test("nothing is left of a writer that did not finish, and a folder that is not empty is refused before any work")
  func unfinished() throws {
    let boards = try TrickyBoards()
    let path = boards.scratch.path + "/out"
    func begin() throws -> DatasetWriter {
      try DatasetWriter(to: path, format: "voc", classNames: ["x"], images: [(nil, "a")])
    }
    do {
      let writer = try begin()
      try writer.add(0, path: boards.scratch.path + "/in/images/train/a.jpg", boxes: [])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: boards.scratch.path) == ["in"])
    try boards.scratch.write("out/x")
    #expect(failure { _ = try begin() }.contains("is not empty, and nothing is overwritten"))
  }

  @Test("two names that a layout without folders cannot tell apart are refused")
  func ties() throws {
    let scratch = try Scratch()
    let line = failure {
      _ = try DatasetWriter(
        to: scratch.path + "/out", format: "voc", classNames: ["x"], images: [(.train, "a/b"), (.train, "a_b")])
    }
    #expect(line.contains("images 'a/b' and 'a_b': would share the name 'train_a_b'"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
  }
}

/// A Python with packages that read label formats.
private enum LabelReaders {
  static let python: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = root.appending(path: ".deps/label-readers/bin/python").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()
  static let absent: Comment = "no pycocotools, datumaro and globox: tools/label-readers installs them"

  /// Prints the boxes of a data set as `package` reads them: `split`, image size or name, class, edges.
  private static let program = """
    import contextlib, json, os, sys
    from pathlib import Path
    package, folder = sys.argv[1:3]
    found = []
    with contextlib.redirect_stdout(sys.stderr):
        if package == "pycocotools":
            from pycocotools.coco import COCO
            for file in sorted(os.listdir(folder + "/annotations")):
                split = file[len("instances_"):-len(".json")]
                coco = COCO(folder + "/annotations/" + file)
                for image in coco.loadImgs(coco.getImgIds()):
                    assert os.path.exists(folder + "/images/" + split + "/" + image["file_name"])
                    for a in coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]])):
                        x, y, w, h = a["bbox"]
                        assert abs(a["area"] - w * h) < 1e-6
                        found.append([split, coco.loadCats([a["category_id"]])[0]["name"], x, y, x + w, y + h])
        elif package == "globox":
            import globox
            for split in sorted(os.listdir(folder)):
                if not os.path.isdir(folder + "/" + split):
                    continue
                for home in [p for p in [Path(folder, split), *Path(folder, split).rglob("*")] if p.is_dir()]:
                    for image in globox.AnnotationSet.from_labelme(folder=home):
                        for b in image.boxes:
                            found.append([split, b.label, b.xmin, b.ymin, b.xmax, b.ymax])
        else:
            from datumaro.components.annotation import AnnotationType
            from datumaro.components.dataset import Dataset
            data = Dataset.import_from(folder, package)
            names = [c.name for c in data.categories()[AnnotationType.label].items]
            for item in data:
                assert item.media is not None and item.media.data.size > 0, item.id
                for a in item.annotations:
                    assert a.type == AnnotationType.bbox, a
                    found.append([item.subset, names[a.label], a.x, a.y, a.x + a.w, a.y + a.h])
    print(json.dumps(found))
    """

  struct Row: Decodable, Comparable {
    let split: String
    let name: String
    let edges: [Double]

    init(split: String, name: String, edges: [Double]) { (self.split, self.name, self.edges) = (split, name, edges) }

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      split = try values.decode(String.self)
      name = try values.decode(String.self)
      edges = try (0..<4).map { _ in try values.decode(Double.self) }
    }

    static func < (left: Row, right: Row) -> Bool {
      (left.split, left.name, left.edges[0]) < (right.split, right.name, right.edges[0])
    }
  }

  /// The boxes that `package` reads in a folder.
  static func read(_ folder: String, as package: String) throws -> [Row] {
    let process = Process()
    process.executableURL = URL(filePath: try #require(python))
    process.arguments = ["-c", program, package, folder]
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let said = DispatchQueue(label: "errors")
    nonisolated(unsafe) var problem = Data()
    said.async { problem = errors.fileHandleForReading.readDataToEndOfFile() }
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    said.sync {}
    try #require(process.terminationStatus == 0, "\(String(decoding: problem.suffix(1000), as: UTF8.self))")
    return try JSONDecoder().decode([Row].self, from: text).sorted()
  }
}

@Suite(
  "Independent readers read what Feeder writes",
  .enabled(if: LabelReaders.python != nil, LabelReaders.absent))
struct IndependentReaderTests {
  @Test(
    "the same classes and boxes in the same splits",
    arguments: [
      ("coco", "pycocotools"), ("coco", "coco_instances"), ("voc", "voc_detection"), ("yolo", "yolo"),
      ("labelme", "globox"),
      ("cvat", "cvat"),
    ])
  func read(layout: String, package: String) throws {
    // datumaro looks for YOLO's images in the folder of a split alone.
    let boards = try TrickyBoards(folders: layout != "yolo")
    try boards.convert("in", to: layout, as: "out")
    let found = try LabelReaders.read(boards.scratch.path + "/out", as: package)
    let wanted = try boards.boxes("in").flatMap { key, boxes in
      boxes.map { LabelReaders.Row(split: String(key.prefix { $0 != " " }), name: $0.name, edges: $0.edges) }
    }.sorted()
    #expect(found.count == wanted.count && wanted.count == 6)
    for (left, right) in zip(found, wanted) {
      #expect(left.split == right.split && left.name == right.name)
      #expect(zip(left.edges, right.edges).allSatisfy { abs($0 - $1) <= 0.01 }, "\(left) \(right)")
    }
  }
}
