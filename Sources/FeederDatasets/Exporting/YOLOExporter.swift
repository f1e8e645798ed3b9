import FeederCodecs
import FeederImaging

/// The YOLO layout: images and labels in folders of the splits, and a data.yaml.
enum YOLOExporter: DatasetExporter {
  static let name = "yolo"
  static let partsSplits = true
  static let keepsWindow = true

  static func place(of image: ExportedImage) -> String { "images/\(image.folder)\(image.name)" }

  static func labelFile(of image: ExportedImage, classNames: [String]) -> ExportedFile? {
    ExportedFile(path: "labels/\(image.folder)\(image.name).txt", bytes: LayoutText.labelFile(image.labels))
  }

  static func files(
    of images: [ExportedImage], classNames: [String], window: LevelWindow?
  ) -> [ExportedFile] {
    let found = Set(images.map(\.split))
    let splits = Split.allCases.filter { found.contains($0) }
    let folders = splits.isEmpty ? [(Split.train, "images")] : splits.map { ($0, "images/\($0)") }
    return [
      ExportedFile(
        path: "data.yaml", bytes: LayoutText.dataYAML(classNames: classNames, folders: folders, window: window))
    ]
  }
}
