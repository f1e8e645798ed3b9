import FeederCore
import FeederDatasets

/// One XML file of CVAT.
struct CVATFile {
  /// The file.
  let path: String
  /// The split of its folder.
  let split: Split?

  /// The objects of the frames of tracks, by frame.
  private var frames: [Int: (objects: [ImportedObject], badLines: [BadLabelLine], line: Int)] = [:]
  private var frameSize: PixelSize?

  init(path: String, split: Split?) {
    self.path = path
    self.split = split
  }

  /// Reads the file and adds its images. Throws `DatasetError` if it is no XML.
  mutating func read(into builder: inout DatasetBuilder) throws {
    try XMLFile.read(
      path,
      choose: { names in
        if names.count == 1 { return .enter }
        return ["image", "track", "meta"].contains(names[1]) ? .take : .skip
      },
      take: { _, element in
        switch element.name {
        case "meta": frameSize = Self.originalSize(element)
        case "image": add(image: element, to: &builder)
        default: add(track: element, to: &builder)
        }
        return true
      })
    addFrames(to: &builder)
  }

  private static func originalSize(_ meta: XMLElement) -> PixelSize? {
    let size =
      meta.child("original_size") ?? meta.child(at: "task", "original_size") ?? meta.child(at: "job", "original_size")
    guard let width = size?.child("width").flatMap({ XMLElement.whole($0.text) }),
      let height = size?.child("height").flatMap({ XMLElement.whole($0.text) }), width > 0, height > 0
    else { return nil }
    return PixelSize(width: width, height: height)
  }

  private mutating func add(image: XMLElement, to builder: inout DatasetBuilder) {
    let place = DatasetBuilder.Place(file: path, entry: image.line)
    guard let name = image.attributes["name"], !name.isEmpty else {
      return builder.refuse("has an <image> without name", at: place)
    }
    let subset = image.attributes["subset"]
    let split = subset.flatMap { Split(word: $0) } ?? self.split
    var objects: [ImportedObject] = []
    var badLines: [BadLabelLine] = []
    for shape in image.children {
      add(shape, label: shape.attributes["label"] ?? "", to: &builder, &objects, &badLines)
    }
    // One name may stand in several subsets of a project.
    let names = (subset.map { [$0 + "/" + name] } ?? []) + [name]
    guard let picture = builder.picture(names, split: split, at: place) else { return }
    var size: PixelSize?
    if let width = image.attributes["width"].flatMap(XMLElement.whole),
      let height = image.attributes["height"].flatMap(XMLElement.whole),
      width > 0, height > 0
    {
      size = PixelSize(width: width, height: height)
    }
    builder.add(
      ImportedImage(
        split: split, imageID: "", imagePath: picture, labelPath: path,
        entry: (image.attributes["id"].flatMap(XMLElement.whole) ?? 0) + 1,
        statedSize: size, objects: .pixels(objects, badLines)), at: place)
  }

  private mutating func add(track: XMLElement, to builder: inout DatasetBuilder) {
    let label = track.attributes["label"] ?? ""
    for shape in track.children {
      let place = DatasetBuilder.Place(file: path, entry: shape.line)
      guard let frame = shape.attributes["frame"].flatMap(XMLElement.whole) else {
        builder.leaveOut("shape of a track without frame", at: place)
        continue
      }
      guard shape.attributes["outside"] != "1" else {
        builder.leaveOut("outside of a track", at: place)
        continue
      }
      var (objects, badLines, line) = frames.removeValue(forKey: frame) ?? ([], [], shape.line)
      add(shape, label: label, to: &builder, &objects, &badLines)
      frames[frame] = (objects, badLines, line)
      line = shape.line
    }
  }

  private func addFrames(to builder: inout DatasetBuilder) {
    for (frame, content) in frames.sorted(by: { $0.key < $1.key }) {
      let place = DatasetBuilder.Place(file: path, entry: content.line)
      let digits = String(frame)
      let padded = String(repeating: "0", count: max(6 - digits.count, 0)) + digits
      guard let picture = builder.picture(["frame_" + padded, padded, "frame_" + digits], split: split, at: place)
      else {
        continue
      }
      builder.add(
        ImportedImage(
          split: split, imageID: "", imagePath: picture, labelPath: path, entry: frame + 1, statedSize: frameSize,
          objects: .pixels(content.objects, content.badLines)), at: place)
    }
  }

  // MARK: - Shapes

  private func add(
    _ shape: XMLElement, label: String, to builder: inout DatasetBuilder, _ objects: inout [ImportedObject],
    _ badLines: inout [BadLabelLine]
  ) {
    let place = DatasetBuilder.Place(file: path, entry: shape.line)
    guard !label.allSatisfy(\.isWhitespace) || shape.name == "tag" else {
      return builder.leaveOut("\(shape.name) without label", at: place)
    }
    guard ["box", "polygon", "mask", "ellipse"].contains(shape.name) else {
      return builder.leaveOut(shape.name, at: place)
    }
    guard let hull = Self.hull(of: shape) else {
      badLines.append(BadLabelLine(line: shape.line, problem: "has a \(shape.name) without the numbers that it needs"))
      return
    }
    guard let classID = builder.classes.number(of: label) else { return }
    let isOutline = shape.name != "box" || (shape.number("rotation") ?? 0) != 0
    builder.add(hull, classID: classID, isOutline: isOutline, at: place, to: &objects, &badLines)
  }

  private static func hull(of shape: XMLElement) -> Hull? {
    func numbers(_ names: String...) -> [Double]? {
      let numbers = names.compactMap { shape.number($0) }
      return numbers.count == names.count ? numbers : nil
    }
    let degrees = shape.attributes["rotation"] == nil ? 0 : shape.number("rotation")
    guard let degrees else { return nil }
    switch shape.name {
    case "box":
      guard let n = numbers("xtl", "ytl", "xbr", "ybr"), n[0] <= n[2], n[1] <= n[3] else { return nil }
      return Hull(
        x: n[0], y: n[1], width: n[2] - n[0], height: n[3] - n[1], degrees: degrees,
        about: ((n[0] + n[2]) / 2, (n[1] + n[3]) / 2))
    case "mask":
      guard let n = numbers("left", "top", "width", "height"), n[2] >= 0, n[3] >= 0 else { return nil }
      return Hull(corner: (n[0], n[1]), other: (n[0] + n[2], n[1] + n[3]))
    case "ellipse":
      guard let n = numbers("cx", "cy", "rx", "ry") else { return nil }
      return Hull(centerX: n[0], centerY: n[1], radiusX: n[2], radiusY: n[3], degrees: degrees)
    default:
      var points: [Double] = []
      for pair in (shape.attributes["points"] ?? "").split(separator: ";") {
        let numbers = pair.split(separator: ",").compactMap { XMLElement.number(String($0)) }
        guard numbers.count == 2 else { return nil }
        points += numbers
      }
      return Hull(flat: points)
    }
  }
}
