import FeederCore
import FeederDatasets

/// Pascal VOC: one XML file per image, with lists of splits in ImageSets or folders of the splits' names.
enum PascalVOC: DatasetImporter {
  static let name = "voc"

  static func recognises(_ source: SourceFolder) throws -> Recognition? { try source.recognition(.voc) }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let files = try source.all(.voc)
    let lists = try ImageSets(source)
    var builder = try DatasetBuilder(source, settings, entryName: "line", classNames: try labelMap(source))
    builder.classes.isFromSeveralFiles = files.count > 1
    var zero: String?
    for file in files {
      let split: Split?
      if lists.isEmpty {
        split = Split.named(byFolders: file)
      } else if let listed = lists.split(of: file) {
        split = listed
      } else {
        builder.leaveOut("label file that no list of ImageSets names", at: .init(file: source.path(file)))
        continue
      }
      do {
        let hasZero = try add(source.path(file), split, settings, to: &builder)
        if hasZero, zero == nil { zero = file }
      } catch DatasetError.source(let path, let line, let problem) {
        builder.refuse(problem, at: .init(file: path, entry: line))
      }
    }
    if settings.firstPixelIsOne, let zero {
      throw DatasetError.source(
        file: source.path(zero), line: nil,
        problem: "has a corner at 0, so pixels are counted from 0; leave --first-pixel-is-1 away")
    }
    builder.findings.notes.append(
      settings.firstPixelIsOne
        ? "corners are read as counted from 1 (--first-pixel-is-1): left and top edges are one less than written"
        : "corners are read as they stand, counted from 0"
          + (zero.map { " (\($0) has a corner at 0)" } ?? "; for files that count from 1, give --first-pixel-is-1"))
    return try builder.finish()
  }

  /// The classes of a labelmap.txt, as CVAT and Datumaro write it; nil if there is none.
  private static func labelMap(_ source: SourceFolder) throws -> [String]? {
    guard source.chosen == nil, FileBytes.status(source.path("labelmap.txt")) != nil else { return nil }
    let bytes = try FileBytes.read(source.path("labelmap.txt"), limit: 1 << 20)
    let lines = TextBytes.lines(bytes.dropFirst(TextBytes.markCount(bytes))).map { String(decoding: $0, as: UTF8.self) }
    let names = lines.filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: ":").first.map(String.init) }
    return names.filter { ClassTable.trimmed($0) != "background" }
  }

  /// Adds the image of one file; true if a corner of it is at 0.
  private static func add(
    _ file: String, _ split: Split?, _ settings: ImportSettings, to builder: inout DatasetBuilder
  ) throws -> Bool {
    var root: XMLElement?
    try XMLFile.read(
      file, choose: { _ in .take },
      take: { _, element in
        root = element
        return true
      })
    guard let root, root.name == "annotation" else {
      throw DatasetError.source(file: file, line: nil, problem: "has no <annotation>")
    }
    let place = DatasetBuilder.Place(file: file)
    guard let picture = picture(of: root, file, split, &builder, place) else { return false }
    var objects: [ImportedObject] = []
    var badLines: [BadLabelLine] = []
    var hasZero = false
    for object in root.all("object") {
      let place = DatasetBuilder.Place(file: file, entry: object.line)
      guard let classID = builder.classes.number(of: object.child("name")?.text ?? "") else {
        builder.leaveOut("object without name", at: place)
        continue
      }
      for _ in object.all("part") { builder.leaveOut("part of an object", at: place) }
      switch hull(of: object) {
      case .success(let hull):
        if !hull.isEmpty, hull.box.x1 == 0 || hull.box.y1 == 0 { hasZero = true }
        let offset = settings.firstPixelIsOne ? 1.0 : 0
        let box = hull.box
        let moved = hull.isEmpty ? hull : Hull(corner: (box.x1 - offset, box.y1 - offset), other: (box.x2, box.y2))
        let count = objects.count
        builder.add(
          moved, classID: classID, isOutline: object.child("bndbox") == nil, at: place, to: &objects, &badLines)
        if objects.count > count, object.child("difficult")?.trimmed == "1" {
          builder.noteSpecial("difficult", at: place)
        }
      case .failure(let problem): badLines.append(BadLabelLine(line: object.line, problem: problem.text))
      }
    }
    builder.add(
      ImportedImage(
        split: split, imageID: "", imagePath: picture, labelPath: file, statedSize: size(of: root),
        objects: .pixels(objects, badLines)), at: place)
    return hasZero
  }

  /// The picture with the file's own name, else the one that the file names.
  private static func picture(
    of root: XMLElement, _ file: String, _ split: Split?, _ builder: inout DatasetBuilder, _ place: DatasetBuilder.Place
  ) -> String? {
    if case .found(let path) = builder.finder.find(stemOf: file, split: split) { return path }
    let names = ["filename", "path"].compactMap { root.child($0)?.trimmed }.filter { !$0.isEmpty }
    let own = String(FileKind.stem(file.split(separator: "/").last.map(String.init) ?? ""))
    return builder.picture(names.isEmpty ? [own] : names, split: split, at: place)
  }

  private static func size(of root: XMLElement) -> PixelSize? {
    func side(_ name: String) -> Int? {
      root.child(at: "size", name).flatMap { XMLElement.whole($0.text) }.flatMap { $0 > 0 ? $0 : nil }
    }
    guard let width = side("width"), let height = side("height") else { return nil }
    return PixelSize(width: width, height: height)
  }

  private struct Problem: Error { let text: String }

  private static func hull(of object: XMLElement) -> Result<Hull, Problem> {
    func numbers(_ element: XMLElement, _ names: [String]) -> Result<[Double], Problem> {
      var numbers: [Double] = []
      for name in names {
        guard let child = element.child(name) else { return .failure(Problem(text: "has no <\(name)>")) }
        guard let number = XMLElement.number(child.text) else {
          return .failure(Problem(text: "has \(DatasetBuilder.shown(child.trimmed)) as <\(name)>, which is no number"))
        }
        numbers.append(number)
      }
      return .success(numbers)
    }
    if let box = object.child("bndbox") {
      return numbers(box, ["xmin", "ymin", "xmax", "ymax"]).flatMap { corners in
        guard corners[0] <= corners[2], corners[1] <= corners[3] else {
          return .failure(
            Problem(
              text:
                "has a box from (\(corners[0]), \(corners[1])) to (\(corners[2]), \(corners[3])), whose corners are "
                + "crossed"))
        }
        return .success(Hull(corner: (corners[0], corners[1]), other: (corners[2], corners[3])))
      }
    }
    // roLabelImg: a turned box by its centre, its sides and an angle in radians.
    if let box = object.child("robndbox") {
      return numbers(box, ["cx", "cy", "w", "h", "angle"]).map { n in
        Hull(
          x: n[0] - n[2] / 2, y: n[1] - n[3] / 2, width: n[2], height: n[3], degrees: n[4] * 180 / .pi,
          about: (n[0], n[1]))
      }
    }
    return .success(Hull())
  }
}
