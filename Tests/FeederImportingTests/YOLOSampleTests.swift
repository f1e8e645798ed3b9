import BoardSupport
import FeederCore
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite(
  "Every YOLO variant of the sample exports is read as independent packages read it",
  .enabled(if: SampleExport.isThere, "no sample exports: set FEEDER_FORMATS to their folder"))
struct YOLOSampleTests {
  @Test(
    "classes, images, splits and boxes",
    arguments: [
      "yolov8_detection", "yolov8_detection_with_list_of_imgs", "yolov8_detection_with_list_of_names",
      "yolov8_detection_with_subset_txt", "yolov8_oriented_boxes", "yolov8_segmentation", "trap_yolo_windows",
      "trap_yolo_lists", "trap_yolo_polygons", "by_supervision_yolo", "by_datumaro_yolo", "darknet", "roboflow_yolo",

    ])
  func samples(name: String) throws {
    try SampleExport.check(name, format: "yolo")
  }

  @Test("YOLO files of a CVAT export in Darknet's form agree with its other forms")
  func voc100() throws {
    let part = "darknet/obj_train_data"
    let names = try FileManager.default.contentsOfDirectory(atPath: SampleExport.folder("voc100") + "/" + part)
    var files = Dictionary(uniqueKeysWithValues: names.map { ("\(part)/\($0)", "obj_train_data/\($0)") })
    for name in ["obj.data", "obj.names", "train.txt"] { files["darknet/" + name] = name }
    let scratch = try SampleExport.folder("voc100", images: "obj_train_data", files: files)
    let classes = try ClassList(file: scratch.path + "/obj.names").classNames
    try SampleExport.check("voc100", source: scratch.path, format: "yolo", classes: classes)
  }

  @Test(
    "a damaged one is refused with the file and the line",
    arguments: [
      ("yolo_class", "line 1: has the class 1, but the data set has 1"), ("yolo_pixels", "shares of the image"),
      ("yolo_comma", "not a finite number; write decimal points, not commas"), ("yolo_odd", "values, not 5"),
    ])
  func damaged(name: String, problem: String) throws {
    let line = try SampleExport.refusal(name)
    #expect(line.contains(problem) && line.contains("/labels/") && !line.contains("\n"), "\(line)")
  }
}
