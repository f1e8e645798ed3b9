import BoardSupport
import FeederCore
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

extension Scratch {
  /// Reads the data set in this folder without opening an image.
  func read(
    _ folder: String = "", format: String? = nil, skipsBadLabels: Bool = false, firstPixelIsOne: Bool = false,
    classAttribute: String? = nil
  ) throws -> PreparationSource {
    try PreparationSource.read(
      path + folder, format: format, skipsBadLabels: skipsBadLabels, rule: SplitRule(valShare: 0),
      firstPixelIsOne: firstPixelIsOne, classAttribute: classAttribute)
  }
}

extension PreparationSource {
  /// Each object as "split/id: class x1 y1 x2 y2", edges in thousandths of a pixel.
  var rows: [String] {
    items.flatMap { split, image -> [String] in
      guard case .pixels(let objects, _) = image.objects else { return [] }
      return objects.map { object in
        let box = object.box
        let edges = [box.x1, box.y1, box.x2, box.y2].map { "\(($0 * 1000).rounded() / 1000)" }
        return "\(split)/\(image.imageID): \(classNames[object.classID]) " + edges.joined(separator: " ")
      }
    }
  }

  /// The lines of labels that are bad.
  var badLines: [String] {
    wholeFindings.badLines.first
      + items.flatMap { _, image -> [String] in
        guard case .pixels(_, let lines) = image.objects else { return [] }
        return lines.map { $0.text(image.labelPath) }
      }
  }

  /// What was left out, by reason.
  var leftOut: [String: Int] { wholeFindings.leftOut.mapValues(\.count) }
}

@Suite("Formats of label tools: shapes, classes, splits and what is no box")
struct LabelFormatTests {
  @Test("Create ML: boxes by their centre, in folders of splits")
  func createML() throws {
    let scratch = try Scratch()
    let box = #"{"label": "open", "coordinates": {"x": 50, "y": 30, "width": 20, "height": 10}}"#
    for split in ["train", "valid"] {
      try scratch.write("\(split)/a.png")
      try scratch.write(
        "\(split)/_annotations.createml.json", #"[{"image": "a.png", "annotations": [\#(box)]}]"#)
    }
    let source = try scratch.read()
    #expect(source.format == "createml" && source.reason.contains("_annotations.createml.json"))
    #expect(source.rows == ["train/a: open 40.0 25.0 60.0 35.0", "val/a: open 40.0 25.0 60.0 35.0"])
  }

  @Test("VoTT: tags in their order, a region of two tags, one without, polygons, names in percent signs")
  func vott() throws {
    let scratch = try Scratch()
    try scratch.write("vott-json-export/board 1.jpg")
    try scratch.write(
      "vott-json-export/p.json",
      #"""
      {"name": "p", "tags": [{"name": "short"}, {"name": "open"}], "assets": {"x1": {"asset": {"name": "board%201.jpg",
      "path": "file:C:/pictures/board%201.jpg", "size": {"width": 100, "height": 80}, "state": 2}, "regions": [
      {"type": "RECTANGLE", "tags": ["open", "short"], "boundingBox": {"left": 1, "top": 2, "width": 3, "height": 4}},
      {"type": "POLYGON", "tags": ["open"], "points": [{"x": 5, "y": 6}, {"x": 9, "y": 7}, {"x": 6, "y": 12}]},
      {"type": "RECTANGLE", "tags": [], "boundingBox": {"left": 1, "top": 2, "width": 3, "height": 4}}]}}}
      """#)
    let source = try scratch.read()
    #expect(source.format == "vott" && source.classNames == ["short", "open"])
    #expect(
      source.rows == [
        "train/board 1: open 1.0 2.0 4.0 6.0", "train/board 1: short 1.0 2.0 4.0 6.0",
        "train/board 1: open 5.0 6.0 9.0 12.0",
      ])
    #expect(source.leftOut == ["region without tag": 1])
    #expect(source.items[0].image.statedSize == PixelSize(width: 100, height: 80))
  }

  @Test("Datumaro: one file per subset, labels by number, masks, crowds and points")
  func datumaro() throws {
    let scratch = try Scratch()
    for split in ["train", "val"] {
      try scratch.write("images/\(split)/sub/a.jpg")
      try scratch.write(
        "annotations/\(split).json",
        #"""
        {"info": {}, "categories": {"label": {"labels": [{"name": "b"}, {"name": "a"}]}}, "items": [{"id": "sub/a",
        "annotations": [{"type": "bbox", "label_id": 1, "bbox": [1, 2, 3, 4.5], "attributes": {}},
        {"type": "bbox", "label_id": 1, "bbox": [1, 2, 3, 4], "attributes": {"is_crowd": true}},
        {"type": "mask", "label_id": 0, "rle": {"counts": [5, 2, 2, 2, 1], "size": [4, 3]}},
        {"type": "ellipse", "label_id": 0, "points": [3, 4, 9, 8]}, {"type": "points", "points": [1, 1]},
        {"type": "polygon", "label_id": 7, "points": [1, 1, 2, 2, 1, 2]}],
        "image": {"path": "", "size": [40, 60]}}]}
        """#)
    }
    let source = try scratch.read()
    #expect(source.format == "datumaro" && source.classNames == ["b", "a"])
    #expect(
      source.rows.filter { $0.hasPrefix("val/") } == [
        "val/a: a 1.0 2.0 4.0 6.5", "val/a: b 1.0 1.0 3.0 3.0", "val/a: b 3.0 4.0 9.0 8.0",
      ])
    #expect(source.leftOut == ["crowd": 2, "points": 2, "category that is not listed": 2])
    #expect(source.items[0].image.statedSize == PixelSize(width: 60, height: 40))
  }

  @Test(
    "VIA: a saved project, a map of regions, circle, turned ellipse, check boxes; several attributes are asked about")
  func via() throws {
    let scratch = try Scratch()
    try scratch.write("a.jpg")
    func project(_ second: String) -> String {
      #"""
      {"_via_settings": {"ui": {}}, "_via_img_metadata": {"a.jpg12": {"filename": "a.jpg", "size": 12, "regions": {
      "0": {"shape_attributes": {"name": "circle", "cx": 10, "cy": 20, "r": 3}, "region_attributes": {"kind": {"open": true, "short": false}}},
      "1": {"shape_attributes": {"name": "ellipse", "cx": 10, "cy": 20, "rx": 3, "ry": 1, "theta": 1.5707963267948966}, "region_attributes": {"kind": "short"\#(second)}},
      "2": {"shape_attributes": {"name": "point", "cx": 1, "cy": 2}, "region_attributes": {"kind": "short"}},
      "3": {"shape_attributes": {"name": "rect", "x": 1, "y": 2, "width": 3, "height": 4}, "region_attributes": {}}}}},
      "_via_attributes": {"region": {"kind": {"type": "checkbox"}}, "file": {}}}
      """#
    }
    try scratch.write("via.json", project(""))
    let source = try scratch.read()
    #expect(source.format == "via")
    #expect(source.rows == ["train/a: open 7.0 17.0 13.0 23.0", "train/a: short 9.0 17.0 11.0 23.0"])
    #expect(source.leftOut == ["point": 1, "rect without class": 1])
    try scratch.write("via.json", project(#", "grade": "deep""#))
    let line = failure { _ = try scratch.read() }
    #expect(line.contains("'grade' and 'kind'; name the one that is the class with --class-attribute"), "\(line)")
    #expect(try scratch.read(classAttribute: "grade").rows == ["train/a: deep 9.0 17.0 11.0 23.0"])
  }

  @Test("CVAT video: frames of tracks, outside ones are none; a turned ellipse")
  func tracks() throws {
    let scratch = try Scratch()
    for name in ["frame_000000.PNG", "frame_000007.PNG"] { try scratch.write("images/" + name) }
    try scratch.write(
      "annotations.xml",
      """
      <?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><meta><task><labels><label><name>spur</name></label>
      </labels><original_size><width>64</width><height>48</height></original_size></task></meta>
      <track id="0" label="spur"><box frame="0" outside="0" xtl="1" ytl="2" xbr="3" ybr="4"/>
      <box frame="7" outside="0" xtl="2" ytl="2" xbr="4" ybr="4"/><box frame="8" outside="1" xtl="2" ytl="2" xbr="4" ybr="4"/></track>
      <track id="1" label="spur"><ellipse frame="7" outside="0" cx="10" cy="10" rx="4" ry="2" rotation="90"/></track></annotations>
      """)
    let source = try scratch.read()
    #expect(
      source.rows == [
        "train/frame_000000: spur 1.0 2.0 3.0 4.0", "train/frame_000007: spur 2.0 2.0 4.0 4.0",
        "train/frame_000007: spur 8.0 6.0 12.0 14.0",
      ])
    #expect(source.leftOut == ["outside of a track": 1])
    #expect(source.items[0].image.statedSize == PixelSize(width: 64, height: 48))
  }

  @Test("Label Studio: ellipses, labels beside their regions, uploads, predictions, JSON-MIN; a turned image is bad")
  func labelStudio() throws {
    let scratch = try Scratch()
    for name in ["board 1.png", "b.png", "c.png"] { try scratch.write("images/" + name) }
    func result(_ type: String, _ value: String, _ more: String = "") -> String {
      #"{"original_width": 200, "original_height": 100, "id": "r", "type": "\#(type)", "value": {\#(value)}\#(more)}"#
    }
    let ellipse = result("ellipselabels", #""x": 50, "y": 50, "radiusX": 10, "radiusY": 10, "ellipselabels": ["open"]"#)
    let plain = result("rectangle", #""x": 10, "y": 20, "width": 5, "height": 10, "rotation": 90"#)
    let labels = result("labels", #""x": 10, "y": 20, "labels": ["short"]"#)
    let turned = result(
      "rectanglelabels", #""x": 1, "y": 2, "width": 5, "height": 6, "rectanglelabels": ["open"]"#,
      #", "image_rotation": 90"#)
    try scratch.write(
      "p.json",
      #"""
      [{"id": 1, "data": {"image": "/data/upload/1/0a1b2c3d-board%201.png"}, "annotations": [
      {"was_cancelled": true, "result": [\#(ellipse)]}, {"was_cancelled": false, "result": [\#(ellipse), \#(plain), \#(labels)]}],
      "predictions": [{"result": [\#(ellipse), \#(ellipse)]}]},
      {"id": 2, "data": {"image": "/data/local-files/?d=set/images/b.png"}, "annotations": [{"result": [\#(turned)]}]},
      {"id": 3, "data": {"image": "s3://bucket/c.png"}, "annotations": []}]
      """#)
    let source = try scratch.read()
    #expect(source.format == "labelstudio" && source.classNames == ["open", "short"])
    #expect(
      source.rows == ["train/board 1: open 80.0 40.0 120.0 60.0", "train/board 1: short 10.0 20.0 20.0 30.0"])
    #expect(source.leftOut == ["cancelled annotation": 1, "prediction": 2, "task without annotation": 1])
    #expect(
      source.badLines.map {
        $0.hasSuffix("task 2: is drawn on the image turned by 90.0 degrees; turn it back in Label Studio")
      } == [true])
    try scratch.write(
      "p.json",
      #"""
      [{"id": 1, "image": "/data/upload/1/0a1b2c3d-b.png", "annotator": 1, "label": [{"x": 10, "y": 10, "width": 10,
      "height": 10, "rotation": 0, "rectanglelabels": ["spur"], "original_width": 200, "original_height": 100}]}]
      """#)
    #expect(try scratch.read().rows == ["train/b: spur 20.0 10.0 40.0 20.0"])
  }

  @Test("COCO: compressed masks, polygons without bbox, ids of text, split by the file's name; odd boxes are bad")
  func coco() throws {
    let scratch = try Scratch()
    for path in ["train2017/a.jpg", "val2017/a.jpg"] { try scratch.write(path) }
    func json(_ annotations: String) -> String {
      #"{"images": [{"id": "x", "file_name": "a.jpg", "width": 9, "height": 9}], "categories": [{"id": 2, "name": "b "}, "#
        + #"{"id": 1, "name": "a"}], "annotations": [\#(annotations)]}"#
    }
    // 3 x 4: 5 zeros, 2 ones, 5 zeros, as COCO's own library writes them.
    let mask = #"{"image_id": "x", "category_id": 2, "segmentation": {"counts": "525", "size": [3, 4]}}"#
    try scratch.write(
      "annotations/instances_train2017.json",
      json(#"{"image_id": "x", "category_id": 1, "segmentation": [[1, 2, 5, 2, 3, 7]], "bbox": null}, \#(mask)"#))
    try scratch.write(
      "annotations/captions_train2017.json", #"{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": []}"#)
    try scratch.write(
      "annotations/instances_val2017.json", json(#"{"image_id": "x", "category_id": 1, "bbox": [1, 2, 3]}"#))
    let source = try scratch.read()
    #expect(
      source.classNames == ["a", "b"] && source.wholeFindings.notes.contains { $0.contains("captions_train2017.json") })
    #expect(source.rows == ["train/a: a 1.0 2.0 5.0 7.0", "train/a: b 1.0 0.0 3.0 3.0"])
    #expect(
      source.items.map(\.image.imagePath) == ["train2017/a.jpg", "val2017/a.jpg"].map { "\(source.folder)/\($0)" })
    #expect(source.badLines.map { $0.hasSuffix("annotation 1: has a bbox that is not four numbers") } == [true])
  }

  @Test("Pascal VOC: the first pixel is 1 only if nothing stands at 0; a list of two splits for one image is refused")
  func voc() throws {
    let scratch = try Scratch()
    func xml(_ xmin: Int) -> String {
      "<annotation><object><name>a</name><bndbox><xmin>\(xmin)</xmin><ymin>5</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"
    }
    for (stem, xmin) in [("a", 1), ("b", 3)] {
      try scratch.write("JPEGImages/\(stem).jpg")
      try scratch.write("Annotations/\(stem).xml", xml(xmin))
    }
    let stands = try scratch.read()
    #expect(stands.rows == ["train/a: a 1.0 5.0 9.0 9.0", "train/b: a 3.0 5.0 9.0 9.0"])
    #expect(
      stands.wholeFindings.notes == [
        "corners are read as they stand, counted from 0; for files that count from 1, give --first-pixel-is-1"
      ])
    let moved = try scratch.read(firstPixelIsOne: true)
    #expect(moved.rows == ["train/a: a 0.0 4.0 9.0 9.0", "train/b: a 2.0 4.0 9.0 9.0"])
    try scratch.write("Annotations/a.xml", xml(0))
    #expect(failure { _ = try scratch.read(firstPixelIsOne: true) }.contains("a.xml: has a corner at 0"))
    #expect(try scratch.read().wholeFindings.notes[0].contains("a.xml has a corner at 0"))
    try scratch.write("ImageSets/Main/train.txt", "a\n")
    try scratch.write("ImageSets/Main/val.txt", "b\n")
    #expect(try scratch.read().items.map(\.split) == [.train, .val])
    try scratch.write("ImageSets/Main/val.txt", "b\r\na\r\n")
    #expect(
      failure { _ = try scratch.read() }.contains("val.txt, line 2: names 'a', which a list of 'train' names too"))
  }

  @Test("LabelMe: an image in base64 of megabytes is passed over; without labels, a file of two images stays refused")
  func labelMe() throws {
    let scratch = try Scratch()
    try scratch.write("a.png")
    let pixels = String(repeating: "QUJD", count: 1 << 20)
    try scratch.write(
      "a.json",
      #"{"version": "5", "imageData": "\#(pixels)", "shapes": [{"label": " x ", "points": [[1, 2], [3, 4]], "shape_type": "rectangle"}], "imagePath": "a.png"}"#
    )
    #expect(try scratch.read().rows == ["train/a: x 1.0 2.0 3.0 4.0"])
    try scratch.write("copy/b.json", #"{"shapes": [], "imagePath": "../a.png"}"#)
    let line = try scratch.read().badLines.joined()
    #expect(line.contains("copy/b.json: names a.png again, which a.json names already"), "\(line)")
  }

  @Test(
    "LabelMe: a labels.txt beside the files or above them gives the order of the classes; two that differ are refused")
  func labelMeClasses() throws {
    let scratch = try Scratch()
    for (stem, names) in [("train/a", ["open", "new", "__ignore__"]), ("val/b", ["short", " _background_ "])] {
      try scratch.write(stem + ".jpg")
      let shapes = names.map { #"{"label": "\#($0)", "points": [[1, 2], [3, 4]], "shape_type": "rectangle"}"# }
      try scratch.write(stem + ".json", #"{"shapes": [\#(shapes.joined(separator: ", "))], "imagePath": ""}"#)
    }
    #expect(try scratch.read().classNames == ["new", "open", "short"])
    try scratch.write("labels.txt", "__ignore__\n_background_\r\nshort\nunused\nopen\n")
    let source = try scratch.read()
    #expect(source.classNames == ["short", "unused", "open", "new"])
    #expect(source.rows.map { $0.split(separator: " ")[1] } == ["open", "new", "short"])
    #expect(source.leftOut == ["rectangle of __ignore__": 1, "rectangle of _background_": 1])
    #expect(
      source.wholeFindings.notes == [
        "classes are in the order of labels.txt; classes that it does not name follow: new"
      ])
    try scratch.write("val/labels.txt", "short\nunused\nopen\n")
    #expect(try scratch.read().classNames.first == "short")
    try scratch.write("val/labels.txt", "open\nshort\n")
    #expect(failure { _ = try scratch.read() }.contains("val/labels.txt: names other classes than labels.txt"))
  }

  @Test(
    "Classes: blanks around a name do not count, names that differ in case alone are noted, several files are sorted")
  func classes() throws {
    let scratch = try Scratch()
    for (stem, name) in [("a", "Short"), ("b", "short "), ("c", "Open")] {
      try scratch.write("\(stem).jpg")
      try scratch.write(
        "\(stem).json",
        #"{"shapes": [{"label": "\#(name)", "points": [[1, 2], [3, 4]], "shape_type": "rectangle"}], "imagePath": "\#(stem).jpg"}"#
      )
    }
    let source = try scratch.read()
    #expect(source.classNames == ["Open", "Short", "short"])
    #expect(source.rows.map { $0.dropFirst(9).prefix(5) } == ["Short", "short", "Open "])
    #expect(source.wholeFindings.notes == ["classes 'Short' and 'short' differ in case alone and stay apart"])
  }
}

@Suite("Label files that cannot be read are never passed over in silence")
struct UnreadLabelFileTests {
  private let good =
    "<annotation><object><name>a</name><bndbox><xmin>1</xmin><ymin>5</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"

  @Test("an empty file is bad if each image has one; with --skip-bad-labels its image is left out")
  func perImage() throws {
    let scratch = try Scratch()
    for stem in ["a", "b"] { try scratch.write(stem + ".jpg") }
    try scratch.write("a.xml", good)
    try scratch.write("b.xml", "")
    let source = try scratch.read()
    #expect(
      source.badLines.count == 1 && source.badLines[0].contains("b.xml, line 1: is not XML"), "\(source.badLines)")
    let skipped = try scratch.read(skipsBadLabels: true)
    #expect(skipped.items.count == 1 && skipped.wholeFindings.lines("all").contains { $0.contains("b.jpg") })
  }

  @Test("a JSON file of another kind beside the one that is read is noted; alone it is refused with its fault")
  func others() throws {
    let scratch = try Scratch()
    try scratch.write("a.jpg")
    try scratch.write("notes.json", "{'a': 1}")
    #expect(failure { _ = try scratch.read() }.contains("notes.json, line 1: is not JSON"))
    try scratch.write(
      "set.json",
      #"[{"image": "a.jpg", "annotations": [{"label": "x", "coordinates": {"x": 5, "y": 5, "width": 2, "height": 2}}]}]"#
    )
    let source = try scratch.read()
    #expect(source.wholeFindings.otherFiles.first == ["notes.json"] && source.badLines.isEmpty)
    #expect(failure { _ = try scratch.read(format: "coco") }.contains("notes.json, line 1: is not JSON"))
    try scratch.write("notes.json", "{}")
    let line = failure { _ = try scratch.read(format: "coco") }
    #expect(line.contains("holds no .json file that lists images with 'file_name', as COCO does"), "\(line)")
  }

  @Test("images that labels name and that are not there are refused above one in a hundred, and listed below")
  func missing() throws {
    let scratch = try Scratch()
    var images: [String] = []
    for number in 0..<200 {
      if number > 0 { try scratch.write("images/\(number).jpg") }
      images.append(#"{"id": \#(number), "file_name": "\#(number).jpg"}"#)
    }
    func write(_ images: [String]) throws {
      try scratch.write(
        "a.json",
        #"{"images": [\#(images.joined(separator: ","))], "categories": [{"id": 1, "name": "a"}], "annotations": []}"#)
    }
    try write(images)
    let source = try scratch.read()
    #expect(source.items.count == 199 && source.wholeFindings.missingImages.count == 1)
    try write(Array(images.prefix(50)))
    #expect(failure { _ = try scratch.read() }.contains("1 image that labels name is not there: '0.jpg'"))
    let skipped = try scratch.read(skipsBadLabels: true)
    #expect(skipped.items.count == 49 && skipped.wholeFindings.unlabelled.count == 150)
  }
}
