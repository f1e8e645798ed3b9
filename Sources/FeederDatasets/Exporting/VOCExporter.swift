import FeederCodecs

/// Pascal VOC: an XML file per image, all images in one folder, lists of the splits. Corners are counted from 0, as label tools write them.
/// Its labelmap.txt, which CVAT and datumaro read, keeps the order of the classes.
enum VOCExporter: DatasetExporter {
  static let name = "voc"
  static let partsSplits = false

  static func place(of image: ExportedImage) -> String { "JPEGImages/\(image.name)" }

  static func labelFile(of image: ExportedImage, classNames: [String]) -> ExportedFile? {
    var text = """
      <annotation>
        <folder>JPEGImages</folder>
        <filename>\(XMLText.escaped(image.file))</filename>
        <size>
          <width>\(image.size.width)</width>
          <height>\(image.size.height)</height>
          <depth>\(image.channels)</depth>
        </size>
        <segmented>0</segmented>

      """
    for (classID, box) in image.boxes {
      text += """
          <object>
            <name>\(XMLText.escaped(classNames[classID]))</name>
            <pose>Unspecified</pose>
            <truncated>0</truncated>
            <difficult>0</difficult>
            <bndbox>
              <xmin>\(box.x1)</xmin>
              <ymin>\(box.y1)</ymin>
              <xmax>\(box.x2)</xmax>
              <ymax>\(box.y2)</ymax>
            </bndbox>
          </object>

        """
    }
    return ExportedFile(path: "Annotations/\(image.name).xml", text: text + "</annotation>\n")
  }

  static func files(
    of images: [ExportedImage], classNames: [String], window: LevelWindow?
  ) -> [ExportedFile] {
    let lists = Dictionary(grouping: images) { $0.split?.rawValue ?? "default" }.sorted { $0.key < $1.key }
    // The list parts its columns by colons.
    let hasColon = classNames.contains { $0.contains(":") || $0.hasPrefix("#") }
    let map = "# label:color_rgb:parts:actions\n" + classNames.map { "\($0):::\n" }.joined()
    return lists.map { name, members in
      ExportedFile(path: "ImageSets/Main/\(name).txt", text: members.map { $0.name + "\n" }.joined())
    } + (hasColon ? [] : [ExportedFile(path: "labelmap.txt", text: map)])
  }
}
