import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite("KITTI, DOTA and CSV files of boxes are read by their rules")
struct TextFormatTests {
  private let jpegs = PixelSize(width: 200, height: 100)

  @Test(
    "the samples are read as independent packages read them",
    .enabled(if: SampleExport.isThere, "no sample exports: set FEEDER_FORMATS to their folder"))
  func samples() throws {
    try SampleExport.check("roboflow_yolo_obb", format: "dota")
    let audit = try SampleExport.check("vott_csv", format: "vott-csv")
    #expect(Split.allCases.map { audit.counts($0).outsideBoxCount } == [2, 0, 2])
    let scratch = try SampleExport.folder(
      "voc100", images: "images", files: ["openimages/all_bounding_boxes.csv": "boxes.csv"])
    let classes = try SampleExport.expected("voc100").classes.sorted()
    try SampleExport.check("voc100", source: scratch.path, format: "open-images", classes: classes)
  }

  @Test(
    "the sample of KITTI, whose images are PNG",
    .enabled(if: SampleExport.isThere && ImageCodecs.endings.contains("png"), "no samples, or PNG is not read"))
  func kittiSample() throws { try SampleExport.check("kitti", format: "kitti") }

  /// Prepares what `scratch` holds below `in` and gives the boxes by image, as "class x1 y1 x2 y2".
  private func boxes(_ scratch: Scratch, format: String? = nil) throws -> [String: [String]] {
    try scratch.prepare("in", format: format)
    let dataset = try Dataset.open(scratch.path + "/out", rule: SplitRule(valShare: 0))
    var found: [String: [String]] = [:]
    for split in dataset.splits {
      for entry in try dataset.entries(split) {
        found["\(split)/\(entry.imageID)"] = entry.labels.map { label in
          let box = label.box(in: jpegs)
          return
            ([dataset.classNames[label.classID]]
            + [box.x1, box.y1, box.x2, box.y2].map { String(format: "%.2f", $0) }).joined(separator: " ")
        }
      }
    }
    return found
  }

  @Test("KITTI: image_2 of two cameras, DontCare, classes sorted, a line without its three dimensions")
  func kitti() throws {
    let scratch = try Scratch()
    for (number, folder) in ["image_2", "image_3"].enumerated() {
      for stem in ["000", "001"] {
        try scratch.write(
          "in/training/\(folder)/\(stem).jpg", bytes: greyJPEG(UInt8(number * 2 + (stem == "000" ? 0 : 1))))
      }
    }
    try scratch.write(
      "in/training/label_2/000.txt",
      "\u{FEFF}Van 0.00 0 -1.57 10.5 20 60 80.25 1.5 1.6 3.9 1.8 1.4 8.4 0.01\r\nDontCare -1 -1 -10 0 0 9 9 -1 -1 -1 -1000 -1000 -1000 -10\r\n"
    )
    try scratch.write("in/training/label_2/001.txt", "Car 0 0 0 -5 1 30 40\n")
    #expect(
      try boxes(scratch) == ["train/000": ["Van 10.50 20.00 60.00 80.25"], "train/001": ["Car 0.00 1.00 30.00 40.00"]])
    let source = try PreparationSource.read(scratch.path + "/in")
    #expect(source.classNames == ["Car", "Van"] && source.reason == "it holds training/label_2/000.txt")
    #expect(source.wholeFindings.leftOut["DontCare"]?.count == 1 && source.wholeFindings.unlabelled.count == 2)
    for (line, problem) in [
      ("Car 0 0 0 5 1 30", "000.txt, line 1: has 7 values, not 15"),
      ("Car 0 0 0 5 1 nan 40", "line 1: has the box 5 1 nan 40"),
      ("Car 0 0 0 50 1 30 40", "line 1: has the box 50 1 30 40"),
    ] {
      try scratch.write("in/training/label_2/000.txt", line)
      #expect(failure { try scratch.prepare("in", to: "bad") }.contains(problem))
    }
  }

  @Test("DOTA: header lines, classes of several words, corners in any order, a class that data.yaml lacks")
  func dota() throws {
    let scratch = try Scratch()
    try scratch.write("in/train/images/a.jpg", bytes: greyJPEG(1))
    try scratch.write("in/valid/images/b.jpg", bytes: greyJPEG(2))
    try scratch.write("in/data.yaml", "train: ../train/images\nval: ../valid/images\nnames: [open, pin hole]\n")
    try scratch.write(
      "in/train/labelTxt/a.txt", "imagesource:GoogleEarth\ngsd:0.146\n50 10 90 50 50 90 10 50 pin hole 1\n")
    try scratch.write("in/valid/labelTxt/b.txt", "")
    #expect(try boxes(scratch) == ["train/a": ["pin hole 10.00 10.00 90.00 90.00"], "val/b": []])
    #expect(try PreparationSource.read(scratch.path + "/in/data.yaml").format == "dota")
    try scratch.write("in/valid/labelTxt/b.txt", "1 1 5 1 5 5 1 5 short 0\n1 1 5 1 5 5 open 0\n")
    let line = failure { try scratch.prepare("in", to: "bad") }
    #expect(
      line.contains("2 bad label lines in 1 file") && line.contains("the class 'short', which data.yaml does not have"))
  }

  @Test(
    "TensorFlow: pixels, shares if no edge is above 1, sizes compared, semicolons, decimal commas, rows without a box")
  func tensorFlow() throws {
    let scratch = try Scratch()
    for name in ["a", "b", "c"] { try scratch.write("in/\(name).jpg", bytes: greyJPEG(UInt8(name.utf8.first ?? 0))) }
    let header = "filename;width;height;class;xmin;ymin;xmax;ymax\r\n"
    try scratch.write(
      "in/train_labels.csv",
      "\u{FEFF}" + header + "b.jpg;200;100;open;10,5;20;30;40\r\na.jpg;200;100;short;0;0;20;20\r\n"
        + "b.jpg;200;100;\"short\";190;90;250;95\r\nc.jpg;200;100;;;;;\r\n")
    #expect(
      try boxes(scratch) == [
        "train/a": ["short 0.00 0.00 20.00 20.00"],
        "train/b": ["open 10.50 20.00 30.00 40.00", "short 190.00 90.00 200.00 95.00"], "train/c": [],
      ])
    try FileManager.default.removeItem(atPath: scratch.path + "/out")
    try scratch.write(
      "in/train_labels.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,0,0,open,0.1,0.2,0.5,1\n")
    #expect(try boxes(scratch)["train/a"] == ["open 20.00 20.00 100.00 100.00"])
    let notes = try PreparationSource.read(scratch.path + "/in").wholeFindings.notes
    #expect(notes.contains { $0.contains("no edge is above 1, so they are read as shares") })
    for (row, problem) in [
      ("a.jpg;640;480;open;1;2;3;4", "is for an image of 640 x 480 pixels, but"),
      ("a.jpg;0;0;open;9;2;3;4", "corners are crossed"),
      ("a.jpg;0;0;open;9;2;x;4", "line 2: has the box 9 2 x 4, which is not four numbers"),
      ("a.jpg;0;0;;1;2;3;4", "line 2: names no class"), (";0;0;open;1;2;3;4", "line 2: names no image"),
      ("z.jpg;0;0;open;1;2;3;4", "1 image that labels name is not there: 'z.jpg'"),
      ("../../etc/a.png;0;0;open;1;2;3;4", "leads out of the data set's folder"),
    ] {
      try scratch.write("in/train_labels.csv", header + row)
      let line = failure { try scratch.prepare("in", to: "bad") }
      #expect(line.contains(problem), "\(line)")
    }
  }

  @Test("Open Images: codes of classes, groups, ids without ending; VoTT: regions without tag")
  func openImages() throws {
    let scratch = try Scratch()
    for name in ["0a1b", "b"] { try scratch.write("in/img/\(name).jpg", bytes: greyJPEG(UInt8(name.utf8.first ?? 0))) }
    let header = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf\n"
    try scratch.write("in/class-descriptions-boxable.csv", "/m/01g317,Person\n/m/0k4j,\"Car, small\"\n")
    try scratch.write(
      "in/boxes.csv", header + "0a1b,x,/m/0k4j,1,0.25,0.5,0.1,\"0,9\",0,0,0\nb.jpg,x,/m/01g317,1,0,1,0,1,0,0,1\n")
    #expect(try boxes(scratch).values.flatMap { $0 } == ["Car, small 50.00 10.00 100.00 90.00"])
    let source = try PreparationSource.read(scratch.path + "/in")
    #expect(source.wholeFindings.leftOut["box around a group"]?.count == 1 && source.classNames == ["Car, small"])
    #expect(source.wholeFindings.notes == ["\(scratch.path)/in/boxes.csv: 1 numbers have decimal commas"])
    try scratch.write("in/boxes.csv", header + "0a1b,x,/m/0k4j,1,25,50,10,90,0,0,0\n")
    #expect(failure { try scratch.prepare("in", to: "bad") }.contains("which are no shares of the image"))

    try scratch.write("vott/a.jpg", bytes: greyJPEG(9))
    try scratch.write(
      "vott/x-export.csv", "\"image\",\"xmin\",\"ymin\",\"xmax\",\"ymax\",\"label\"\n\"a.jpg\",1,2,30,40,\"\"\n")
    let vott = try PreparationSource.read(scratch.path + "/vott")
    #expect(vott.format == "vott-csv" && vott.wholeFindings.leftOut["region without tag"]?.count == 1)
  }

  @Test("a folder with labels of two formats is refused with both, and read with --format")
  func ambiguous() throws {
    let scratch = try Scratch()
    try scratch.write("in/a.jpg", bytes: greyJPEG(9))
    try scratch.write("in/v.csv", "image,xmin,ymin,xmax,ymax,label\na.jpg,1,2,30,40,x\n")
    try scratch.write("in/t.csv", "filename,class,xmin,ymin,xmax,ymax\na.jpg,y,1,2,30,40\n")
    let line = failure { try scratch.prepare("in") }
    #expect(
      line.contains("may be vott-csv (v.csv has the columns") && line.contains("or tf-csv (t.csv")
        && line.contains("--format"))
    #expect(try boxes(scratch, format: "tf-csv").values.flatMap { $0 } == ["y 1.00 2.00 30.00 40.00"])
  }
}
