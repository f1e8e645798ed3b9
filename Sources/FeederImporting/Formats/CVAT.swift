import FeederCore
import FeederDatasets

/// CVAT's XML, "CVAT for images 1.1" and "CVAT for video 1.1": shapes of images, tracks of frames, labels in `<meta>`.
enum CVAT: DatasetImporter {
  static let name = "cvat"

  static func recognises(_ source: SourceFolder) throws -> Recognition? { try source.recognition(.cvat) }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let files = try source.all(.cvat)
    var builder = try DatasetBuilder(
      source, settings, entryName: "line", classNames: try files.flatMap { try classNames(source.path($0)) })
    builder.classes.isFromSeveralFiles = files.count > 1
    for file in files {
      var reader = CVATFile(path: source.path(file), split: Split.named(byFolders: file))
      try reader.read(into: &builder)
    }
    return try builder.finish()
  }

  /// The labels of `<meta>`, which holds a task, a project or a job, without skeletons and their points.
  private static func classNames(_ path: String) throws -> [String] {
    var names: [String] = []
    try XMLFile.read(
      path, choose: { $0.count == 1 ? .enter : $0 == ["annotations", "meta"] ? .take : .skip },
      take: { _, meta in
        names = labels(of: meta).filter { $0.child("parent") == nil && $0.child("type")?.trimmed != "skeleton" }
          .compactMap { $0.child("name")?.text }
        return false
      })
    return names
  }

  private static func labels(of element: XMLElement) -> [XMLElement] {
    if let labels = element.child("labels") { return labels.all("label") }
    return ["task", "project", "job"].lazy.compactMap { element.child($0) }.map(labels).first { !$0.isEmpty } ?? []
  }
}
