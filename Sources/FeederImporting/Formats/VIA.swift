import FeederCore
import FeederDatasets

/// VGG Image Annotator 2: a JSON export of annotations, or a saved project. The class is one attribute of the regions.
enum VIA: DatasetImporter {
  static let name = "via"

  static func recognises(_ source: SourceFolder) throws -> Recognition? { try source.recognition(.via) }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let files = try source.all(.via)
    let attribute = try settings.classAttribute ?? onlyAttribute(of: files, source)
    var builder = try DatasetBuilder(source, settings, entryName: "image")
    builder.classes.isFromSeveralFiles = files.count > 1
    for file in files {
      let path = source.path(file)
      let split = Split.named(byFolders: file)
      var entry = 0
      try each(path) { image in
        entry += 1
        add(image, at: .init(file: path, entry: entry), split, attribute: attribute, to: &builder)
      }
    }
    return try builder.finish()
  }

  /// Calls `body` with each image of a file.
  private static func each(_ path: String, _ body: (JSONValue) -> Void) throws {
    try JSONFile.read(
      path,
      choose: { place in
        switch place.steps.count {
        case 0: return .enter
        case 1:
          guard let key = place.lastKey else { return .skip }
          if key == "_via_img_metadata" { return .enter }
          return key.hasPrefix("_via_") ? .skip : .take
        default: return .take
        }
      },
      take: { _, image in
        body(image)
        return true
      })
  }

  /// The one attribute that regions have; nil if none has any. Throws `DatasetError` if they have several.
  private static func onlyAttribute(of files: [String], _ source: SourceFolder) throws -> String? {
    var names: Set<String> = []
    for file in files {
      var found: Set<String> = []
      try each(source.path(file)) { image in
        for region in regions(of: image) {
          for (name, value) in region["region_attributes"]?.members ?? [] where !classNames(value).isEmpty {
            found.insert(name)
          }
        }
      }
      names.formUnion(found)
    }
    guard names.count > 1 else { return names.first }
    throw DatasetError.source(
      file: source.named, line: nil,
      problem:
        "has several attributes of regions, \(names.sorted().map { "'\($0)'" }.joined(separator: " and ")); name "
        + "the one that is the class with --class-attribute")
  }

  private static func regions(of image: JSONValue) -> [JSONValue] {
    image["regions"]?.elements ?? image["regions"]?.members?.map(\.value) ?? []
  }

  /// The classes of an attribute: its text, or the names that are ticked.
  private static func classNames(_ value: JSONValue) -> [String] {
    if let text = value.string { return ClassTable.trimmed(text).isEmpty ? [] : [text] }
    if let number = value.wholeNumber { return ["\(number)"] }
    return (value.members ?? []).filter { $0.value.isTrue }.map(\.key)
  }

  private static func add(
    _ image: JSONValue, at place: DatasetBuilder.Place, _ split: Split?, attribute: String?,
    to builder: inout DatasetBuilder
  ) {
    guard let name = image["filename"]?.string else { return builder.refuse("has no 'filename'", at: place) }
    var objects: [ImportedObject] = []
    var badLines: [BadLabelLine] = []
    for region in regions(of: image) {
      let shape = region["shape_attributes"]
      let kind = shape?["name"]?.string ?? "region without shape"
      guard let isOutline = outlines[kind] else {
        builder.leaveOut(kind, at: place)
        continue
      }
      let names = attribute.flatMap { region["region_attributes"]?[$0] }.map(classNames) ?? []
      guard !names.isEmpty else {
        builder.leaveOut("\(kind) without class", at: place)
        continue
      }
      guard let shape, let hull = hull(kind, shape) else {
        badLines.append(
          BadLabelLine(
            line: place.entry ?? 0, unit: "image", problem: "has a \(kind) without the numbers that it needs"))
        continue
      }
      for name in names {
        guard let classID = builder.classes.number(of: name) else { continue }
        builder.add(hull, classID: classID, isOutline: isOutline, at: place, to: &objects, &badLines)
      }
    }
    guard let picture = builder.picture([name], split: split, at: place) else { return }
    builder.add(
      ImportedImage(
        split: split, imageID: "", imagePath: picture, labelPath: place.file, entry: place.entry,
        objects: .pixels(objects, badLines)), at: place)
  }

  /// The shapes that give a box; true for those that are no box themselves.
  private static let outlines = ["rect": false, "polygon": true, "circle": true, "ellipse": true]

  private static func hull(_ kind: String, _ shape: JSONValue) -> Hull? {
    func numbers(_ names: String...) -> [Double]? {
      let numbers = names.compactMap { shape[$0]?.double }
      return numbers.count == names.count ? numbers : nil
    }
    switch kind {
    case "rect":
      guard let n = numbers("x", "y", "width", "height"), n[2] >= 0, n[3] >= 0 else { return nil }
      return Hull(corner: (n[0], n[1]), other: (n[0] + n[2], n[1] + n[3]))
    case "circle":
      return numbers("cx", "cy", "r").map { Hull(centerX: $0[0], centerY: $0[1], radiusX: $0[2], radiusY: $0[2]) }
    case "ellipse":
      let degrees = (shape["theta"]?.double ?? 0) * 180 / .pi
      return numbers("cx", "cy", "rx", "ry").map {
        Hull(centerX: $0[0], centerY: $0[1], radiusX: $0[2], radiusY: $0[3], degrees: degrees)
      }
    default:
      guard let xs = shape["all_points_x"]?.numberList, let ys = shape["all_points_y"]?.numberList, xs.count == ys.count
      else { return nil }
      return Hull(flat: zip(xs, ys).flatMap { [$0, $1] })
    }
  }
}
