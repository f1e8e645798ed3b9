import FeederCodecs

/// LabelMe's JSON beside each image. Its labels.txt, which `labelme --labels` takes, has the order of the classes.
enum LabelMeExporter: DatasetExporter {
  static let name = "labelme"
  static let partsSplits = true

  static func place(of image: ExportedImage) -> String { image.folder + image.name }

  static func labelFile(of image: ExportedImage, classNames: [String]) -> ExportedFile? {
    let shapes = image.boxes.map { classID, box in
      """
      {"label": \(JSONText.quoted(classNames[classID])), "points": [[\(box.x1), \(box.y1)], [\(box.x2), \(box.y2)]], \
      "group_id": null, "description": "", "shape_type": "rectangle", "flags": {}}
      """
    }
    let base = image.file.split(separator: "/").last.map(String.init) ?? image.file
    return ExportedFile(
      path: image.folder + image.name + ".json",
      text: """
        {"version": "5.4.1", "flags": {}, "shapes": [
        \(shapes.joined(separator: ",\n"))
        ], "imagePath": \(JSONText.quoted(base)), "imageData": null, "imageHeight": \(image.size.height), \
        "imageWidth": \(image.size.width)}

        """)
  }

  static func files(
    of images: [ExportedImage], classNames: [String], window: LevelWindow?
  ) -> [ExportedFile] {
    [ExportedFile(path: "labels.txt", text: classNames.map { $0 + "\n" }.joined())]
  }
}
