import FeederCore
import FeederDatasets

/// Label Studio's "JSON" and "JSON-MIN": tasks with results in percent of the image.
enum LabelStudio: DatasetImporter {
  static let name = "labelstudio"

  static func recognises(_ source: SourceFolder) throws -> Recognition? { try source.recognition(.labelStudio) }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let files = try source.all(.labelStudio)
    var builder = try DatasetBuilder(source, settings, entryName: "task")
    builder.classes.isFromSeveralFiles = files.count > 1
    for file in files {
      let path = source.path(file)
      let split = Split.named(byFolders: file)
      try JSONFile.read(
        path, choose: { $0.steps.isEmpty ? .enter : .take },
        take: { place, task in
          add(task, at: .init(file: path, entry: (place.lastPlace ?? 0) + 1), split, to: &builder)
          return true
        })
    }
    return try builder.finish()
  }

  private static func add(
    _ task: JSONValue, at place: DatasetBuilder.Place, _ split: Split?, to builder: inout DatasetBuilder
  ) {
    guard let results = results(of: task, at: place, &builder) else { return }
    var objects: [ImportedObject] = []
    var badLines: [BadLabelLine] = []
    var size: PixelSize?
    // Regions that are drawn without a label have it in a result of their own.
    var labels: [String: [String]] = [:]
    for result in results where result["type"]?.string == "labels" {
      if let id = result["id"]?.string { labels[id] = names(of: result, "labels") }
    }
    for result in results {
      let kind = result["type"]?.string ?? ""
      guard let shape = shapes[kind] else {
        if kind != "labels" { builder.leaveOut(kind.isEmpty ? "result without type" : kind, at: place) }
        continue
      }
      let own = names(of: result, kind)
      let names = own.isEmpty ? labels[result["id"]?.string ?? ""] ?? [] : own
      guard !names.isEmpty else {
        builder.leaveOut("\(kind) without label", at: place)
        continue
      }
      func fail(_ problem: String) {
        badLines.append(BadLabelLine(line: place.entry ?? 0, unit: "task", problem: problem))
      }
      if let degrees = result["image_rotation"]?.double, degrees.truncatingRemainder(dividingBy: 360) != 0 {
        fail("is drawn on the image turned by \(degrees) degrees; turn it back in Label Studio")
        continue
      }
      guard let stated = COCOFile.size(result["original_width"], result["original_height"]) else {
        fail("has a result without 'original_width' and 'original_height'")
        continue
      }
      size = stated
      guard let value = result["value"], let hull = hull(shape, value, stated) else {
        fail("has a result of the type '\(kind)' without the numbers that it needs")
        continue
      }
      let isOutline = shape != .rectangle || (value["rotation"]?.double ?? 0) != 0
      for name in names {
        guard let classID = builder.classes.number(of: name) else { continue }
        builder.add(hull, classID: classID, isOutline: isOutline, at: place, to: &objects, &badLines)
      }
    }
    guard let picture = builder.picture(imageNames(of: task), split: split, at: place) else { return }
    builder.add(
      ImportedImage(
        split: split, imageID: "", imagePath: picture, labelPath: place.file, entry: place.entry, statedSize: size,
        objects: .pixels(objects, badLines)), at: place)
  }

  // MARK: - Results

  /// The results of the first annotation that is not cancelled; nil, noted, if there is none.
  private static func results(
    of task: JSONValue, at place: DatasetBuilder.Place, _ builder: inout DatasetBuilder
  ) -> [JSONValue]? {
    for prediction in task["predictions"]?.elements ?? [] {
      let count = prediction["result"]?.elements?.count ?? 0
      if count > 0 { builder.leaveOut("prediction", at: place, count: count) }
    }
    guard let annotations = (task["annotations"] ?? task["completions"])?.elements else {
      return plainResults(of: task)
    }
    var chosen: [JSONValue]?
    for annotation in annotations {
      let results = annotation["result"]?.elements ?? []
      if annotation["was_cancelled"]?.isTrue == true || annotation["skipped"]?.isTrue == true {
        builder.leaveOut("cancelled annotation", at: place)
      } else if chosen == nil {
        chosen = results
      } else if !results.isEmpty {
        builder.leaveOut("second annotation of a picture", at: place, count: results.count)
      }
    }
    if chosen == nil { builder.leaveOut("task without annotation", at: place) }
    return chosen
  }

  /// JSON-MIN has the values of one annotation alone, under the names of the label controls.
  private static func plainResults(of task: JSONValue) -> [JSONValue] {
    var results: [JSONValue] = []
    for (_, value) in task.members ?? [] {
      for region in value.elements ?? [] where region["original_width"] != nil {
        guard let kind = shapes.keys.sorted().first(where: { region[$0] != nil }) else { continue }
        var members = region.members ?? []
        members.append(("type", .string(kind)))
        members.append(("value", region))
        results.append(.object(members))
      }
    }
    return results
  }

  private static func names(of result: JSONValue, _ kind: String) -> [String] {
    (result["value"]?[kind]?.elements ?? []).compactMap(\.string).filter { !ClassTable.trimmed($0).isEmpty }
  }

  private enum Shape { case rectangle, ellipse, polygon }

  private static let shapes: [String: Shape] = [
    "rectanglelabels": .rectangle, "rectangle": .rectangle, "ellipselabels": .ellipse, "ellipse": .ellipse,
    "polygonlabels": .polygon, "polygon": .polygon,
  ]

  /// The hull in pixels of a value in percent; nil if numbers lack.
  private static func hull(_ shape: Shape, _ value: JSONValue, _ size: PixelSize) -> Hull? {
    let (scaleX, scaleY) = (Double(size.width) / 100, Double(size.height) / 100)
    if shape == .polygon {
      guard let points = value["points"]?.flatPoints else { return nil }
      return Hull(flat: points.enumerated().map { $1 * ($0 % 2 == 0 ? scaleX : scaleY) })
    }
    guard let x = value["x"]?.double, let y = value["y"]?.double else { return nil }
    let degrees = value["rotation"]?.double ?? 0
    if shape == .ellipse {
      guard let radiusX = value["radiusX"]?.double, let radiusY = value["radiusY"]?.double else { return nil }
      return Hull(
        centerX: x * scaleX, centerY: y * scaleY, radiusX: radiusX * scaleX, radiusY: radiusY * scaleY, degrees: degrees
      )
    }
    guard let width = value["width"]?.double, let height = value["height"]?.double, width >= 0, height >= 0 else {
      return nil
    }
    return Hull(
      x: x * scaleX, y: y * scaleY, width: width * scaleX, height: height * scaleY, degrees: degrees,
      about: (x * scaleX, y * scaleY))
  }

  // MARK: - Images

  /// The names that a task's image may have: as it stands, without percent signs, without the eight digits of an upload.
  private static func imageNames(of task: JSONValue) -> [String] {
    let fields = task["data"]?.members ?? task.members ?? []
    let texts = fields.compactMap { field in field.value.string.map { (key: field.key, text: $0) } }
    let ordered = texts.filter { $0.key == "image" } + texts.filter { $0.key != "image" }
    var names: [String] = []
    for (key, text) in ordered where key == "image" || text.contains("/") || FileKind(text).isImage {
      // /data/local-files/?d=FOLDER/NAME
      let path = text.split(separator: "?d=", maxSplits: 1).last.map(String.init) ?? text
      let plain = path.removingPercentEncoding ?? path
      for name in [path, plain] where !names.contains(name) { names.append(name) }
      let parts = plain.split(separator: "/")
      if let base = parts.last, base.prefix(8).allSatisfy(\.isHexDigit), base.dropFirst(8).first == "-" {
        names.append((parts.dropLast() + [base.dropFirst(9)]).joined(separator: "/"))
      }
    }
    return names
  }
}
