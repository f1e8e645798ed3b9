import FeederCodecs
import FeederCore

/// COCO's JSON of instances, a file per split. Categories are numbered from 1, as COCO's are.
enum COCOExporter: DatasetExporter {
  static let name = "coco"
  static let partsSplits = true

  static func place(of image: ExportedImage) -> String { "images/\(image.folder)\(image.name)" }

  static func labelFile(of image: ExportedImage, classNames: [String]) -> ExportedFile? { nil }

  static func files(
    of images: [ExportedImage], classNames: [String], window: LevelWindow?
  ) -> [ExportedFile] {
    let splits = ([nil] + Split.allCases.map { $0 }).filter { split in images.contains { $0.split == split } }
    return splits.map { split in
      let text = instances(images.filter { $0.split == split }, classNames)
      return ExportedFile(path: "annotations/instances_\(split?.rawValue ?? "default").json", text: text)
    }
  }

  private static func instances(_ images: [ExportedImage], _ classNames: [String]) -> String {
    var (pictures, annotations): ([String], [String]) = ([], [])
    for (index, image) in images.enumerated() {
      pictures.append(
        "{\"id\": \(index + 1), \"file_name\": \(JSONText.quoted(image.file)), \"width\": \(image.size.width), "
          + "\"height\": \(image.size.height)}")
      for (classID, box) in image.boxes {
        let (x, y, width, height) = (box.x1, box.y1, JSONText.length(box.x1, box.x2), JSONText.length(box.y1, box.y2))
        annotations.append(
          "{\"id\": \(annotations.count + 1), \"image_id\": \(index + 1), \"category_id\": \(classID + 1), \"bbox\": "
            + "[\(x), \(y), \(width), \(height)], \"area\": \(width * height), \"iscrowd\": 0}")
      }
    }
    let categories = classNames.enumerated().map { index, name in
      "{\"id\": \(index + 1), \"name\": \(JSONText.quoted(name)), \"supercategory\": \"\"}"
    }
    func list(_ name: String, _ rows: [String]) -> String {
      "\"\(name)\": [" + (rows.isEmpty ? "" : "\n" + rows.joined(separator: ",\n") + "\n") + "]"
    }
    return "{\n\"info\": {\"description\": \"written by Feeder\"},\n\"licenses\": [],\n"
      + [list("categories", categories), list("images", pictures), list("annotations", annotations)]
      .joined(separator: ",\n") + "\n}\n"
  }
}
