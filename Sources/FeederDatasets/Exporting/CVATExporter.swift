import FeederCodecs

/// "CVAT for images 1.1": one XML file. A split is a subset, whose images lie in a folder of its name.
enum CVATExporter: DatasetExporter {
  static let name = "cvat"
  static let partsSplits = true

  static func place(of image: ExportedImage) -> String { "images/\(image.folder)\(image.name)" }

  static func labelFile(of image: ExportedImage, classNames: [String]) -> ExportedFile? { nil }

  static func files(
    of images: [ExportedImage], classNames: [String], window: LevelWindow?
  ) -> [ExportedFile] {
    var rows = ["<?xml version=\"1.0\" encoding=\"utf-8\"?>", "<annotations>", "  <version>1.1</version>"]
    let splits = Split.allCases.filter { split in images.contains { $0.split == split } }
    // CVAT has subsets in projects alone: each is a task.
    let kind = splits.isEmpty ? "task" : "project"
    rows += ["  <meta>", "    <\(kind)>"]
    rows +=
      splits.isEmpty
      ? ["      <size>\(images.count)</size>"]
      : ["      <tasks>"] + splits.map { "        <task><name>\($0)</name><subset>\($0)</subset></task>" } + [
        "      </tasks>"
      ]
    rows += ["      <labels>"]
    rows += classNames.map {
      "        <label><name>\(XMLText.escaped($0))</name><type>rectangle</type><attributes></attributes></label>"
    }
    rows += ["      </labels>", "    </\(kind)>", "  </meta>"]
    for (index, image) in images.enumerated() {
      let subset = image.split.map { " subset=\"\($0)\"" } ?? ""
      rows.append(
        "  <image id=\"\(index)\" name=\"\(XMLText.escaped(image.file))\"\(subset) width=\"\(image.size.width)\" "
          + "height=\"\(image.size.height)\">")
      rows += image.boxes.map { classID, box in
        "    <box label=\"\(XMLText.escaped(classNames[classID]))\" source=\"manual\" occluded=\"0\" xtl=\"\(box.x1)\" "
          + "ytl=\"\(box.y1)\" xbr=\"\(box.x2)\" ybr=\"\(box.y2)\" z_order=\"0\"></box>"
      }
      rows.append("  </image>")
    }
    return [ExportedFile(path: "annotations.xml", text: (rows + ["</annotations>"]).joined(separator: "\n") + "\n")]
  }
}
