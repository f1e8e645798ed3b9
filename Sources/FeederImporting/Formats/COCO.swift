import FeederCore
import FeederDatasets

/// COCO JSON: one file, or one per split. A box counts as it stands; without one, the hull of the polygons or the mask counts.
enum COCO: DatasetImporter {
  static let name = "coco"

  static func recognises(_ source: SourceFolder) throws -> Recognition? { try source.recognition(.coco) }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    var files = try source.all(.coco)
    // COCO itself comes with key points, captions and others of the same images.
    let instances = files.filter { $0.split(separator: "/").last?.hasPrefix("instances") ?? false }
    let others = instances.isEmpty ? [] : files.filter { !instances.contains($0) }
    if !instances.isEmpty { files = instances }
    let parts = try files.map { try COCOFile(source.path($0)) }
    var builder = try DatasetBuilder(
      source, settings, entryName: "annotation", classNames: classNames(parts.map(\.categories)))
    if !others.isEmpty {
      builder.findings.notes.append(
        "\(others.joined(separator: ", ")) not read: files of the name 'instances' are there")
    }
    for (file, part) in zip(files, parts) {
      let split = Split.named(byFile: file) ?? Split.named(byFolders: file)
      part.add(to: &builder, split: split)
    }
    return try builder.finish()
  }

  /// The classes of all files: by rising number if all give a number the same name; else file by file.
  private static func classNames(_ categories: [[(id: Int64, name: String)]]) -> [String] {
    var names: [Int64: String] = [:]
    let isOne = categories.joined().allSatisfy { names.updateValue($0.name, forKey: $0.id) ?? $0.name == $0.name }
    if isOne { return names.sorted { $0.key < $1.key }.map(\.value) }
    return categories.flatMap { $0.sorted { $0.id < $1.id }.map(\.name) }
  }
}
