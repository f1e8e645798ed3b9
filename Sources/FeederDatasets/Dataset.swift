import Foundation

/// A data set in YOLO layout: a data.yaml, resolved and checked. Holds no images and no labels; `entries` reads those.
package struct Dataset: Sendable {
  /// The data.yaml itself.
  package let configurationURL: URL
  /// The folder that `train` and `val` are relative to.
  package let root: URL
  /// Class names; a class is its place in this list.
  package let classNames: [String]
  /// True if bad label lines are left out instead of refused.
  package let skipsBadLabels: Bool
  /// How its label files are written.
  let labelStyle: LabelFile.Style
  private let imageFolders: [Split: URL]

  /// The folder of a split's images; the labels lie in the twin folder, `images` replaced by `labels`.
  package func imageFolder(_ split: Split) -> URL { imageFolders[split] ?? root }

  /// Opens `data`, a data.yaml or the folder that holds one. Throws `DatasetError` where the file is missing or wrong, or
  /// names a folder that is not there. Reads no image and no label. `skipsBadLabels` leaves bad label lines out when labels are read.
  package static func open(_ data: String, skipsBadLabels: Bool = false) throws -> Dataset {
    var file = data
    if FileBytes.isFolder(data) {
      file = URL(filePath: data).appending(path: "data.yaml").path
      guard FileBytes.status(file) != nil else {
        throw DatasetError.configuration(
          file: data, line: nil,
          problem: "holds no data.yaml; make one with 'feeder prepare' or 'feeder synth', or name another folder")
      }
    }
    return try Dataset(DataYAML(file: file), skipsBadLabels: skipsBadLabels)
  }

  private init(_ yaml: DataYAML, skipsBadLabels: Bool) throws {
    self.skipsBadLabels = skipsBadLabels
    labelStyle = LabelFile.Style(classCount: yaml.classNames.count, hasKeyPoints: yaml.hasKeyPoints)
    configurationURL = URL(filePath: yaml.file).absoluteURL.standardizedFileURL
    let home = configurationURL.deletingLastPathComponent()
    root = yaml.path.map { Self.resolve($0.text, against: home) } ?? home
    classNames = yaml.classNames
    guard FileBytes.isFolder(root.path) else {
      throw DatasetError.configuration(
        file: yaml.file, line: yaml.path?.line, problem: "'path' names \(root.path), which is not a folder")
    }
    var folders: [Split: URL] = [:]
    for (split, field) in [(Split.train, yaml.train), (.val, yaml.val)] {
      let folder = Self.resolve(field.text, against: root)
      guard FileBytes.isFolder(folder.path) else {
        throw DatasetError.configuration(
          file: yaml.file, line: field.line,
          problem:
            "'\(split)' names \(folder.path), which is \(FileBytes.status(folder.path) == nil ? "missing" : "not a folder")"
        )
      }
      guard folder.pathComponents.contains("images") else {
        throw DatasetError.configuration(
          file: yaml.file, line: field.line,
          problem: "'\(split)' names \(folder.path), which lies in no folder 'images', so its labels cannot be found")
      }
      folders[split] = folder
    }
    imageFolders = folders
  }

  private static func resolve(_ text: String, against base: URL) -> URL {
    let url = text.hasPrefix("/") ? URL(filePath: text) : base.appending(path: text)
    return url.standardizedFileURL
  }

  /// The folder of the label files of `imageFolder`: its last component `images` replaced by `labels`.
  static func labelFolder(of imageFolder: URL) -> String {
    var parts = imageFolder.pathComponents
    if let last = parts.lastIndex(of: "images") { parts[last] = "labels" }
    return "/" + parts.drop { $0 == "/" }.joined(separator: "/")
  }
}
