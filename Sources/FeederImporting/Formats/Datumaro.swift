import FeederCore
import FeederDatasets

/// Datumaro's JSON, also "Datumaro" of CVAT: one file per subset.
enum Datumaro: DatasetImporter {
  static let name = "datumaro"

  static func recognises(_ source: SourceFolder) throws -> Recognition? { try source.recognition(.datumaro) }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let files = try source.all(.datumaro)
    let labels = try files.map { try Self.labels(of: source.path($0)) }
    var builder = try DatasetBuilder(source, settings, entryName: "item", classNames: labels.flatMap { $0 })
    for (file, labels) in zip(files, labels) {
      let path = source.path(file)
      let split = Split.named(byFile: file) ?? Split.named(byFolders: file)
      try JSONFile.read(
        path,
        choose: { place in
          place.steps.isEmpty || place.matches(["items"]) ? .enter : place.matches(["items", "*"]) ? .take : .skip
        },
        take: { place, item in
          add(item, labels, at: .init(file: path, entry: (place.lastPlace ?? 0) + 1), split, to: &builder)
          return true
        })
    }
    return try builder.finish()
  }

  private static func labels(of path: String) throws -> [String] {
    var names: [String] = []
    try JSONFile.read(
      path,
      choose: { place in
        let way = ["categories", "label", "labels"]
        return place.matches(way) ? .take : place.matches(Array(way.prefix(place.steps.count))) ? .enter : .skip
      },
      take: { _, value in
        names = (value.elements ?? []).map { $0["name"]?.string ?? "" }
        return false
      })
    return names
  }

  private static func add(
    _ item: JSONValue, _ labels: [String], at place: DatasetBuilder.Place, _ split: Split?,
    to builder: inout DatasetBuilder
  ) {
    var objects: [ImportedObject] = []
    var badLines: [BadLabelLine] = []
    for annotation in item["annotations"]?.elements ?? [] {
      let kind = annotation["type"]?.string ?? "annotation without type"
      guard let isOutline = outlines[kind] else {
        builder.leaveOut(kind, at: place)
        continue
      }
      if annotation["attributes"]?["is_crowd"]?.isTrue == true {
        builder.leaveOut("crowd", at: place)
        continue
      }
      guard let label = annotation["label_id"]?.wholeNumber.flatMap({ Int(exactly: $0) }) else {
        builder.leaveOut("\(kind) without label", at: place)
        continue
      }
      guard labels.indices.contains(label), let classID = builder.classes.number(of: labels[label]) else {
        builder.leaveOut("category that is not listed", at: place)
        continue
      }
      guard let hull = hull(kind, annotation) else {
        badLines.append(
          BadLabelLine(line: place.entry ?? 0, unit: "item", problem: "has a \(kind) without the numbers that it needs")
        )
        continue
      }
      builder.add(hull, classID: classID, isOutline: isOutline, at: place, to: &objects, &badLines)
    }
    let image = item["image"] ?? item["media"]
    // A path that is left empty stands for the item's own name.
    let names = [image?["path"]?.string, item["id"]?.string].compactMap { $0 }.filter { !$0.isEmpty }
    guard !names.isEmpty else { return builder.refuse("has no 'id'", at: place) }
    guard let picture = builder.picture(names, split: split, at: place) else { return }
    let size = image?["size"]?.elements ?? []
    builder.add(
      ImportedImage(
        split: split, imageID: "", imagePath: picture, labelPath: place.file, entry: place.entry,
        statedSize: size.count == 2 ? COCOFile.size(size[1], size[0]) : nil, objects: .pixels(objects, badLines)),
      at: place)
  }

  /// The types that give a box; true for those that are no box themselves.
  private static let outlines = ["bbox": false, "polygon": true, "mask": true, "ellipse": true]

  private static func hull(_ kind: String, _ annotation: JSONValue) -> Hull? {
    switch kind {
    case "bbox":
      guard let box = annotation["bbox"]?.numberList, box.count == 4, box[2] >= 0, box[3] >= 0 else { return nil }
      return Hull(corner: (box[0], box[1]), other: (box[0] + box[2], box[1] + box[3]))
    case "mask":
      guard let mask = annotation["rle"], let size = mask["size"]?.numberList, size.count == 2,
        let height = Int(exactly: size[0]), let width = Int(exactly: size[1]),
        let runs = mask["counts"]?.numberList.map({ $0.map { Int(exactly: $0) ?? -1 } })
          ?? mask["counts"]?.string.flatMap(RunLengths.decode)
      else { return nil }
      return RunLengths.hull(runs, height: height, width: width)
    default:
      // An ellipse is two corners of the box around it.
      guard let points = annotation["points"]?.flatPoints else { return nil }
      return Hull(flat: points)
    }
  }
}
