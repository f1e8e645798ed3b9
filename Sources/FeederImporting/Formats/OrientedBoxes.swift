import FeederDatasets

/// Oriented boxes as DOTA and Roboflow's "YOLOv8 Oriented Bounding Boxes" write them: a text file per image in a folder `labelTxt`, a
/// line per object: four corners in pixels, the class, and how difficult it is. A data.yaml gives the order of the classes.
enum OrientedBoxes: DatasetImporter {
  static let name = "dota"

  private static let folder = "labelTxt"

  static func recognises(_ source: SourceFolder) throws -> Recognition? {
    if let chosen = source.chosen, !isYAML(chosen) { return nil }
    return try labelFiles(source).first.map { .sure("it holds \($0)") }
  }

  private static func isYAML(_ file: String) -> Bool {
    [".yaml", ".yml"].contains { file.lowercased().hasSuffix($0) }
  }

  /// The files of labels in folders labelTxt.
  static func labelFiles(_ source: SourceFolder) throws -> [String] {
    try source.files().filter { file in
      FileKind(file) == .text && file.split(separator: "/").dropLast().contains { $0 == folder }
    }
  }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let yaml = source.chosen ?? (PathText.exists(source.path("data.yaml")) ? source.path("data.yaml") : nil)
    let listed = try yaml.map { try DataYAML(file: $0).description.classNames }
    var builder = try DatasetBuilder(source, settings, entryName: "line", classNames: listed)
    builder.classes.isFromSeveralFiles = true
    for file in try labelFiles(source) {
      let (path, split) = (source.path(file), Split.named(byFolders: file))
      let whole = DatasetBuilder.Place(file: path)
      guard let image = builder.picture(stemOf: path, split: split, at: whole) else { continue }
      var (objects, badLines): ([ImportedObject], [BadLabelLine]) = ([], [])
      // DOTA's own files begin with lines such as "gsd:0.146".
      for (number, words) in try LabelText.lines(of: path) where words.count > 1 || !words[0].contains(":") {
        let corners = words.prefix(8).compactMap(LabelText.number)
        guard words.count >= 9, corners.count == 8 else {
          let problem = "has \(words.count) values, not x and y of four corners in pixels and a class"
          badLines.append(BadLabelLine(line: number, problem: problem))
          continue
        }
        let className = className(words)
        guard let classID = listed == nil ? builder.classes.number(of: className) : builder.classes.known(className)
        else {
          let problem = "has the class '\(className)', which data.yaml does not have"
          badLines.append(BadLabelLine(line: number, problem: problem))
          continue
        }
        builder.add(
          Hull(flat: corners), classID: classID, isOutline: true,
          at: DatasetBuilder.Place(file: path, entry: number), to: &objects, &badLines)
      }
      builder.add(
        ImportedImage(
          split: split, imageID: "", imagePath: image, labelPath: path, objects: .pixels(objects, badLines)),
        at: whole)
    }
    return try builder.finish()
  }

  /// The class, which may be of several words, without the difficulty behind it.
  private static func className(_ words: [Substring]) -> String {
    let rest = words.dropFirst(8)
    return (rest.count > 1 && rest.last.map { Int($0) != nil } == true ? rest.dropLast() : rest).joined(separator: " ")
  }
}
