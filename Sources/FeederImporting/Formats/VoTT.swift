import FeederCore
import FeederDatasets

/// VoTT's JSON export, or the files that VoTT keeps for each asset.
enum VoTT: DatasetImporter {
  static let name = "vott"

  static func recognises(_ source: SourceFolder) throws -> Recognition? { try source.recognition(.vott) }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let files = try source.all(.vott)
    var tags: [String] = []
    for file in files {
      try JSONFile.read(
        source.path(file),
        choose: { $0.steps.isEmpty ? .enter : $0.matches(["tags"]) ? .take : .skip },
        take: { _, value in
          tags += (value.elements ?? []).compactMap { $0["name"]?.string }
          return true
        })
    }
    var builder = try DatasetBuilder(source, settings, entryName: "asset", classNames: tags)
    builder.classes.isFromSeveralFiles = files.count > 1
    for file in files {
      let path = source.path(file)
      let split = Split.named(byFolders: file)
      var entry = 0
      var own: [String: JSONValue] = [:]
      try JSONFile.read(
        path,
        choose: { place in
          if place.steps.isEmpty || place.matches(["assets"]) { return .enter }
          return place.steps.count == 2 || ["asset", "regions"].contains(place.lastKey) ? .take : .skip
        },
        take: { place, value in
          if place.steps.count == 2 {
            entry += 1
            add(value, at: .init(file: path, entry: entry), split, to: &builder)
          } else if let key = place.lastKey {
            own[key] = value
          }
          return true
        })
      if own["asset"] != nil {
        add(.object(own.map { ($0, $1) }), at: .init(file: path, entry: 1), split, to: &builder)
      }
    }
    return try builder.finish()
  }

  private static func add(
    _ value: JSONValue, at place: DatasetBuilder.Place, _ split: Split?, to builder: inout DatasetBuilder
  ) {
    guard let asset = value["asset"], let name = asset["name"]?.string ?? asset["path"]?.string else {
      return builder.refuse("has no 'asset' with a name", at: place)
    }
    var objects: [ImportedObject] = []
    var badLines: [BadLabelLine] = []
    for region in value["regions"]?.elements ?? [] {
      let kind = (region["type"]?.string ?? "RECTANGLE").lowercased()
      guard ["rectangle", "square", "polygon"].contains(kind) else {
        builder.leaveOut(kind, at: place)
        continue
      }
      let tags = (region["tags"]?.elements ?? []).compactMap(\.string)
      guard !tags.isEmpty else {
        builder.leaveOut("region without tag", at: place)
        continue
      }
      guard let hull = hull(of: region) else {
        badLines.append(
          BadLabelLine(
            line: place.entry ?? 0, unit: "asset", problem: "has a region without 'boundingBox' and 'points'"))
        continue
      }
      for tag in tags {
        guard let classID = builder.classes.number(of: tag) else { continue }
        builder.add(hull, classID: classID, isOutline: kind == "polygon", at: place, to: &objects, &badLines)
      }
    }
    let names = [name, name.removingPercentEncoding].compactMap { $0 }
    guard let picture = builder.picture(names, split: split, at: place) else { return }
    builder.add(
      ImportedImage(
        split: split, imageID: "", imagePath: picture, labelPath: place.file, entry: place.entry,
        statedSize: COCOFile.size(asset["size"]?["width"], asset["size"]?["height"]),
        objects: .pixels(objects, badLines)), at: place)
  }

  private static func hull(of region: JSONValue) -> Hull? {
    let box = ["left", "top", "width", "height"].compactMap { region["boundingBox"]?[$0]?.double }
    if box.count == 4, box[2] >= 0, box[3] >= 0 {
      return Hull(corner: (box[0], box[1]), other: (box[0] + box[2], box[1] + box[3]))
    }
    guard region["boundingBox"] == nil, let points = region["points"]?.elements else { return nil }
    var hull = Hull()
    for point in points {
      guard let x = point["x"]?.double, let y = point["y"]?.double else { return nil }
      hull.add(x, y)
    }
    return hull
  }
}
