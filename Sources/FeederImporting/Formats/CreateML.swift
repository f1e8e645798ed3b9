import FeederCore
import FeederDatasets

/// Apple's Create ML: images with boxes by their centre, in pixels.
enum CreateML: DatasetImporter {
  static let name = "createml"

  static func recognises(_ source: SourceFolder) throws -> Recognition? { try source.recognition(.createML) }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let files = try source.all(.createML)
    var builder = try DatasetBuilder(source, settings, entryName: "image")
    builder.classes.isFromSeveralFiles = files.count > 1
    for file in files {
      let path = source.path(file)
      let split = Split.named(byFile: file) ?? Split.named(byFolders: file)
      try JSONFile.read(
        path, choose: { $0.steps.isEmpty ? .enter : .take },
        take: { place, value in
          add(value, at: .init(file: path, entry: (place.lastPlace ?? 0) + 1), split, to: &builder)
          return true
        })
    }
    return try builder.finish()
  }

  private static func add(
    _ image: JSONValue, at place: DatasetBuilder.Place, _ split: Split?, to builder: inout DatasetBuilder
  ) {
    guard let name = ["image", "imagefilename", "filename"].lazy.compactMap({ image[$0]?.string }).first else {
      return builder.refuse("has no 'image'", at: place)
    }
    var objects: [ImportedObject] = []
    var badLines: [BadLabelLine] = []
    for annotation in (image["annotations"] ?? image["annotation"])?.elements ?? [] {
      guard let classID = builder.classes.number(of: annotation["label"]?.string ?? "") else {
        builder.leaveOut("annotation without label", at: place)
        continue
      }
      let box = annotation["coordinates"]
      let numbers = ["x", "y", "width", "height"].compactMap { box?[$0]?.double }
      guard numbers.count == 4, numbers[2] >= 0, numbers[3] >= 0 else {
        badLines.append(
          BadLabelLine(
            line: place.entry ?? 0, unit: "image", problem: "has an annotation without x, y, width and height"))
        continue
      }
      let (halfWidth, halfHeight) = (numbers[2] / 2, numbers[3] / 2)
      let hull = Hull(
        corner: (numbers[0] - halfWidth, numbers[1] - halfHeight),
        other: (numbers[0] + halfWidth, numbers[1] + halfHeight))
      builder.add(hull, classID: classID, isOutline: false, at: place, to: &objects, &badLines)
    }
    guard let picture = builder.picture([name], split: split, at: place) else { return }
    builder.add(
      ImportedImage(
        split: split, imageID: "", imagePath: picture, labelPath: place.file, entry: place.entry,
        objects: .pixels(objects, badLines)), at: place)
  }
}
