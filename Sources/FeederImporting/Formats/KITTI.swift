import FeederDatasets

/// KITTI's labels of objects (Geiger et al., 2012): a text file per image in a folder `label_2`, a line per object: class, three numbers,
/// then the edges x1 y1 x2 y2 in pixels, then numbers of three dimensions.
enum KITTI: DatasetImporter {
  static let name = "kitti"

  private static let (labels, images) = ("label_2", "image_2")
  /// What KITTI calls regions in which nobody labelled.
  private static let ignored = "DontCare"
  /// The least words of a line: without the three dimensions.
  private static let leastWords = 8

  static func recognises(_ source: SourceFolder) throws -> Recognition? {
    guard source.chosen == nil else { return nil }
    return try labelFiles(source).first.map { .sure("it holds \($0)") }
  }

  private static func labelFiles(_ source: SourceFolder) throws -> [String] {
    try source.files(ending: "txt").filter { $0.split(separator: "/").dropLast().last.map(String.init) == labels }
  }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    var builder = try DatasetBuilder(source, settings, entryName: "line")
    builder.classes.isFromSeveralFiles = true
    for file in try labelFiles(source) {
      let (path, split) = (source.path(file), Split.named(byFolders: file))
      let whole = DatasetBuilder.Place(file: path)
      guard let image = builder.picture(stemOf: path, folder: images, split: split, at: whole) else { continue }
      var (objects, badLines): ([ImportedObject], [BadLabelLine]) = ([], [])
      for (number, words) in try LabelText.lines(of: path) {
        let place = DatasetBuilder.Place(file: path, entry: number)
        func bad(_ problem: String) { badLines.append(BadLabelLine(line: number, problem: problem)) }
        guard words.count >= leastWords else {
          bad("has \(words.count) values, not 15 (class, truncated, occluded, alpha, x1, y1, x2, y2, ...)")
          continue
        }
        if words[0] == ignored {
          builder.leaveOut(ignored, at: place)
          continue
        }
        let edges = words[4..<8].compactMap(LabelText.number)
        guard edges.count == 4, edges[0] <= edges[2], edges[1] <= edges[3] else {
          bad("has the box \(words[4..<8].joined(separator: " ")), which is not x1 y1 x2 y2 in pixels")
          continue
        }
        guard let classID = builder.classes.number(of: String(words[0])) else { continue }
        builder.add(
          Hull(flat: edges), classID: classID, isOutline: false, at: place, to: &objects, &badLines)
      }
      builder.add(
        ImportedImage(
          split: split, imageID: "", imagePath: image, labelPath: path, objects: .pixels(objects, badLines)),
        at: whole)
    }
    return try builder.finish()
  }
}
