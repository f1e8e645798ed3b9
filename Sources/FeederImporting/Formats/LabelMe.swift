import FeederCore
import FeederDatasets

/// LabelMe: one JSON file per image, shapes in pixels. The image in base64 that it may hold is passed over. A labels.txt beside the files
/// or above them, as `labelme --labels` and labelme2voc take it, gives the order of the classes.
enum LabelMe: DatasetImporter {
  static let name = "labelme"

  static func recognises(_ source: SourceFolder) throws -> Recognition? { try source.recognition(.labelMe) }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let files = try source.all(.labelMe)
    let list = try classList(source, beside: files)
    var builder = try DatasetBuilder(source, settings, entryName: "shape", classNames: list?.classNames)
    builder.classes.isFromSeveralFiles = files.count > 1
    for file in files {
      do {
        try add(source.path(file), Split.named(byFolders: file), to: &builder)
      } catch DatasetError.source(let path, let line, let problem) {
        builder.refuse(problem, at: .init(file: path, entry: line, name: "line"))
      }
    }
    if let list {
      let others = builder.classes.names.dropFirst(list.classNames.count).sorted()
      let note = others.isEmpty ? "" : "; classes that it does not name follow: \(others.joined(separator: ", "))"
      builder.findings.notes.append("classes are in the order of \(list.file)\(note)")
    }
    return try builder.finish()
  }

  /// What labelme2voc calls regions in which nobody labelled, and what is no object.
  private static let noClasses = ["__ignore__", "_background_"]

  /// The labels.txt in a folder of `files` or above it, and its classes; nil if there is none. Throws `DatasetError` if there are several
  /// that differ, or if one cannot be read.
  private static func classList(
    _ source: SourceFolder, beside files: [String]
  ) throws -> (file: String, classNames: [String])? {
    var folders: Set<String> = [""]
    for file in files {
      for slash in file.indices where file[slash] == "/" { folders.insert(String(file[...slash])) }
    }
    var found: (file: String, classNames: [String])?
    for file in folders.sorted().map({ $0 + "labels.txt" }) where PathText.exists(source.path(file)) {
      let names = try ClassList(file: source.path(file)).classNames.filter { !noClasses.contains($0) }
      if let first = found, first.classNames != names {
        throw DatasetError.source(
          file: source.path(file), line: nil, problem: "names other classes than \(first.file); keep one list for all")
      }
      found = found ?? (file, names)
    }
    return found
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
      if let label = shape["label"]?.string, noClasses.contains(ClassTable.trimmed(label)) {
        builder.leaveOut("\(kind) of \(ClassTable.trimmed(label))", at: place)
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
