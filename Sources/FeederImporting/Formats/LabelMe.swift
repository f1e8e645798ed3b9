import FeederCore
import FeederDatasets

/// LabelMe: one JSON file per image, shapes in pixels. The image in base64 that it may hold is passed over.
enum LabelMe: DatasetImporter {
  static let name = "labelme"

  static func recognises(_ source: SourceFolder) throws -> Recognition? { try source.recognition(.labelMe) }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let files = try source.all(.labelMe)
    var builder = try DatasetBuilder(source, settings, entryName: "shape")
    builder.classes.isFromSeveralFiles = files.count > 1
    for file in files {
      do {
        try add(source.path(file), Split.named(byFolders: file), to: &builder)
      } catch DatasetError.source(let path, let line, let problem) {
        builder.refuse(problem, at: .init(file: path, entry: line, name: "line"))
      }
    }
    return try builder.finish()
  }

  private static func add(_ file: String, _ split: Split?, to builder: inout DatasetBuilder) throws {
    var fields: [String: JSONValue] = [:]
    var shapes: [JSONValue] = []
    try JSONFile.read(
      file,
      choose: { place in
        if place.steps.isEmpty || place.matches(["shapes"]) { return .enter }
        if place.matches(["shapes", "*"]) { return .take }
        return ["imagePath", "imageWidth", "imageHeight"].contains(place.lastKey) ? .take : .skip
      },
      take: { place, value in
        if place.steps.count == 2 {
          shapes.append(value)
        } else if let key = place.lastKey {
          fields[key] = value
        }
        return true
      })
    var objects: [ImportedObject] = []
    var badLines: [BadLabelLine] = []
    for (index, shape) in shapes.enumerated() {
      let place = DatasetBuilder.Place(file: file, entry: index + 1)
      let kind = shape["shape_type"]?.string ?? "polygon"
      guard let isOutline = outlines[kind] else {
        builder.leaveOut(kind, at: place)
        continue
      }
      guard let points = shape["points"]?.flatPoints else {
        badLines.append(BadLabelLine(line: index + 1, unit: "shape", problem: "has no 'points' of two numbers each"))
        continue
      }
      guard let classID = builder.classes.number(of: shape["label"]?.string ?? "") else {
        builder.leaveOut("\(kind) without label", at: place)
        continue
      }
      builder.add(hull(kind, points), classID: classID, isOutline: isOutline, at: place, to: &objects, &badLines)
    }
    let place = DatasetBuilder.Place(file: file)
    guard let picture = picture(file, fields["imagePath"]?.string, split, &builder, place) else { return }
    builder.add(
      ImportedImage(
        split: split, imageID: "", imagePath: picture, labelPath: file,
        statedSize: COCOFile.size(fields["imageWidth"], fields["imageHeight"]), objects: .pixels(objects, badLines)),
      at: place)
  }

  /// The shapes that give a box; true for those that are no box themselves.
  private static let outlines = [
    "rectangle": false, "polygon": true, "circle": true, "mask": true, "oriented_rectangle": true, "rotation": true,
    "ellipse": true,
  ]

  /// A circle is its centre and a point of its rim; any other shape is its points.
  private static func hull(_ kind: String, _ points: [Double]) -> Hull {
    guard kind == "circle", points.count == 4 else { return Hull(flat: points) }
    let (dx, dy) = (points[2] - points[0], points[3] - points[1])
    let radius = (dx * dx + dy * dy).squareRoot()
    return Hull(centerX: points[0], centerY: points[1], radiusX: radius, radiusY: radius)
  }

  /// The picture that the file names, else the one with the file's own name.
  private static func picture(
    _ file: String, _ name: String?, _ split: Split?, _ builder: inout DatasetBuilder, _ place: DatasetBuilder.Place
  ) -> String? {
    if let name, case .found(let path) = builder.finder.find(name, from: file, split: split) { return path }
    if case .found(let path) = builder.finder.find(stemOf: file, split: split) { return path }
    return builder.picture([name ?? file], split: split, at: place)
  }
}
