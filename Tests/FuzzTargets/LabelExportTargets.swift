import FeederCore
@testable import FeederDatasets
@testable import FeederImporting
import Foundation

/// A data set of two pictures and one label file, which is written again for every input; gone with its owner.
private final class ScratchSet {
  let folder: String
  private let labels: String

  init(labels name: String) throws {
    var text = Array((NSTemporaryDirectory() + "/feeder-fuzz-set-XXXXXX").utf8CString)
    guard let made = mkdtemp(&text) else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    folder = String(cString: made)
    labels = folder + "/" + name
    let home = PathText.folder(of: labels)
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    for picture in ["a.jpg", "b.png"] { try Data().write(to: URL(filePath: folder + "/" + picture)) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: labels)) }
}

extension FuzzTarget {
  /// A label file of any format that is recognised by its content, read as strictly as can be and without what is bad in it.
  private func readExport(_ bytes: [UInt8], named name: String) throws {
    let set = try ScratchSet(labels: name)
    try set.write(bytes)
    let importer = try DatasetImporters.importer(of: SourceFolder(set.folder), named: nil).type
    let strict = attempt { use(try importer.read(SourceFolder(set.folder), ImportSettings())) }
    var settings = ImportSettings()
    settings.skipsBadLabels = true
    settings.firstPixelIsOne = true
    let lenient = attempt { use(try importer.read(SourceFolder(set.folder), settings)) }
    guard strict || lenient else { throw DatasetError.source(file: name, line: nil, problem: "is refused") }
  }

  /// Makes labels of all objects, as `feeder prepare` does once it knows the picture.
  private func use(_ dataset: ImportedDataset) {
    let size = PixelSize(width: 640, height: 480)
    for image in dataset.images {
      guard case .pixels(let objects, let badLines) = image.objects else { continue }
      for line in badLines { precondition(!line.text(image.labelPath).isEmpty, "a bad line says why") }
      let (labels, tally) = ImportedObject.labels(objects, size: size)
      precondition(labels.count + tally.duplicateCount + tally.outsideCount == objects.count, "each object is counted")
      for label in labels {
        precondition(dataset.classNames.indices.contains(label.classID), "a label has a class")
        precondition((0...1).contains(label.centerX) && (0...1).contains(label.centerY), "a label lies in its image")
      }
    }
    _ = dataset.wholeFindings.lines("all")
  }

  /// JSON of COCO, LabelMe, Label Studio, Create ML, VIA, VoTT and Datumaro.
  func readJSONExport(_ bytes: [UInt8]) throws { try readExport(bytes, named: "a.json") }

  /// XML of Pascal VOC and CVAT.
  func readXMLExport(_ bytes: [UInt8]) throws { try readExport(bytes, named: "a.xml") }

  func jsonExportSeeds() -> [[UInt8]] {
    [
      #"{"images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}], "categories": [{"id": 3, "name": "x"}], "annotations": [{"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4.5], "iscrowd": 0}, {"image_id": 1, "category_id": 3, "segmentation": {"counts": "525", "size": [3, 4]}}, {"image_id": 1, "category_id": 3, "segmentation": [[1, 2, 3, 4, 5, 1]]}]}"#,
      #"{"shapes": [{"label": "x", "points": [[1, 2], [3, 4]], "shape_type": "circle"}], "imagePath": "..\\a.jpg", "imageWidth": 640, "imageHeight": 480}"#,
      #"[{"data": {"image": "/data/upload/1/00112233-a.jpg"}, "annotations": [{"result": [{"original_width": 640, "original_height": 480, "type": "rectanglelabels", "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rotation": 30, "rectanglelabels": ["x"]}}]}]}]"#,
      #"[{"image": "a.jpg", "annotations": [{"label": "x", "coordinates": {"x": 10, "y": 20, "width": 3, "height": 4}}]}]"#,
      #"{"a.jpg1": {"filename": "a.jpg", "regions": [{"shape_attributes": {"name": "polygon", "all_points_x": [1, 2, 3], "all_points_y": [1, 5, 2]}, "region_attributes": {"c": "x"}}]}}"#,
      #"{"tags": [{"name": "x"}], "assets": {"1": {"asset": {"name": "a.jpg", "size": {"width": 640, "height": 480}}, "regions": [{"type": "RECTANGLE", "tags": ["x"], "boundingBox": {"left": 1, "top": 2, "width": 3, "height": 4}}]}}}"#,
      #"{"categories": {"label": {"labels": [{"name": "x"}]}}, "items": [{"id": "a", "annotations": [{"type": "bbox", "label_id": 0, "bbox": [1, 2, 3, 4]}], "image": {"path": "a.jpg", "size": [480, 640]}}]}"#,
    ].map { Array($0.utf8) }
  }

  func xmlExportSeeds() -> [[UInt8]] {
    [
      "<annotation><filename>a.jpg</filename><size><width>640</width><height>480</height></size><object><name>x</name>"
        + "<difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4.5</ymax></bndbox></object></annotation>",
      "<annotations><meta><job><labels><label><name>x</name></label></labels></job></meta><image id=\"0\" name=\"a.jpg\" "
        + "width=\"640\" height=\"480\"><box label=\"x\" xtl=\"1\" ytl=\"2\" xbr=\"3\" ybr=\"4\" rotation=\"30\"/><polygon "
        + "label=\"x\" points=\"1,2;3,4;5,1\"/></image><track label=\"x\"><box frame=\"1\" outside=\"1\" xtl=\"1\" ytl=\"2\" "
        + "xbr=\"3\" ybr=\"4\"/></track></annotations>",
    ].map { Array($0.utf8) }
  }

  /// CSV of VoTT, TensorFlow, Open Images and VisA.
  func readCSVExport(_ bytes: [UInt8]) throws {
    try readExport(bytes, named: "a.csv")
  }

  /// Text files of KITTI and DOTA.
  func readTextExport(_ bytes: [UInt8]) throws {
    var accepted = 0
    for name in ["label_2/a.txt", "labelTxt/a.txt"] where attempt({ try readExport(bytes, named: name) }) {
      accepted += 1
    }
    guard accepted > 0 else { throw DatasetError.source(file: "a.txt", line: nil, problem: "is of no format") }
  }

  /// A list of groups of images.
  func readGroups(_ bytes: [UInt8]) throws {
    let file = try ScratchFile(bytes)
    let groups = try ImageGroups(table: file.path)
    let ids = ["a", "b", "sub/a", ""]
    precondition(groups.names(of: ids).names.count == ids.count, "each image has a group")
    var rule = SplitRule(valShare: 0.5, testShare: 0.25)
    rule.groups = groups
    precondition(rule.splits(of: ids).contains(.train), "an image is left to train on")
  }

  /// The pixels of a mask: the first byte is its width.
  func readMask(_ bytes: [UInt8]) throws {
    guard let width = bytes.first.map(Int.init), width > 0, bytes.count > width else {
      throw DatasetError.source(file: "mask", line: nil, problem: "is too short")
    }
    let size = PixelSize(width: width, height: (bytes.count - 1) / width)
    let pixels = Array(bytes.dropFirst().prefix(size.width * size.height))
    guard let found = MaskParts(pixels, size: size, ground: 127) else { return }
    precondition(
      found.parts.map(\.area).reduce(0, +) == pixels.count { $0 > 127 }, "each pixel above the ground is of one part")
    for part in found.parts {
      precondition(part.box.clipped(to: size) == part.box && part.box.width > 0 && part.box.height > 0)
    }
    _ = DifferenceHash(pixels, width: size.width, height: size.height, channels: 1)
  }

  func csvExportSeeds() -> [[UInt8]] {
    [
      "\"image\",\"xmin\",\"ymin\",\"xmax\",\"ymax\",\"label\"\n\"a.jpg\",1,2,30.5,40,\"x\"\n",
      "filename;width;height;class;xmin;ymin;xmax;ymax\r\na.jpg;640;480;x;1;2,5;3;4\r\n",
      "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsGroupOf\na,,/m/1,1,0.1,\"0,5\",0.2,0.9,0\n",
      "object,split,label,image,mask\nx,train,normal,a.jpg,\n",
    ].map { Array($0.utf8) }
  }

  func textExportSeeds() -> [[UInt8]] {
    [
      "Car 0 0 -1.5 1 2 30.5 40 -1 -1 -1 -1 -1 -1 -1\nDontCare -1 -1 -10 0 0 9 9 -1 -1 -1 -1 -1 -1 -1\n",
      "gsd:0.1\n1 1 5 1 5 5 1 5 pin hole 1\n",
    ].map { Array($0.utf8) }
  }
}
