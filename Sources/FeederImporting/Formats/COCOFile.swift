import FeederCore
import FeederDatasets

/// One JSON file of COCO, as records of a few bytes each.
struct COCOFile {
  /// A number or a text: COCO has numbers, other writers also texts.
  enum ID: Hashable, CustomStringConvertible {
    case number(Int64)
    case text(String)

    init?(_ value: JSONValue?) {
      if let number = value?.wholeNumber {
        self = .number(number)
      } else if let text = value?.string {
        self = .text(text)
      } else {
        return nil
      }
    }

    var description: String {
      switch self {
      case .number(let number): "\(number)"
      case .text(let text): DatasetBuilder.shown(text)
      }
    }
  }

  private struct Image {
    let id: ID?
    let name: String?
    let size: PixelSize?
    let entry: Int
  }

  /// What an annotation gives.
  private enum Shape {
    case box(Hull, isOutline: Bool)
    case bad(String)
    case crowd
  }

  private struct Annotation {
    let image: ID?
    let category: ID?
    let shape: Shape
  }

  /// The categories, in the file's order.
  private(set) var categories: [(id: Int64, name: String)] = []

  private let path: String
  private var images: [Image] = []
  private var annotations: [Annotation] = []
  private var classes: [ID: String] = [:]
  private var badCategories: [(entry: Int, problem: String)] = []

  /// Reads the file. Throws `DatasetError` if it is no JSON.
  init(_ path: String) throws {
    self.path = path
    try JSONFile.read(
      path,
      choose: { place in
        switch place.steps.count {
        case 0: return .enter
        case 1: return ["images", "annotations", "categories"].contains(place.lastKey) ? .enter : .skip
        default: return .take
        }
      },
      take: { place, value in
        guard case .key(let list)? = place.steps.first else { return true }
        add(value, to: list)
        return true
      })
  }

  private mutating func add(_ value: JSONValue, to list: String) {
    switch list {
    case "images":
      images.append(
        Image(
          id: ID(value["id"]), name: value["file_name"]?.string,
          size: Self.size(value["width"], value["height"]), entry: images.count + 1))
    case "categories":
      let entry = categories.count + badCategories.count + 1
      guard let id = ID(value["id"]), let name = value["name"]?.string, !ClassTable.trimmed(name).isEmpty else {
        badCategories.append((entry, "has no 'id' or no 'name'"))
        return
      }
      if let known = classes.updateValue(name, forKey: id), known != name {
        badCategories.append((entry, "has the id \(id), which '\(known)' has too"))
      }
      categories.append((value["id"]?.wholeNumber ?? Int64(entry), name))
    default:
      annotations.append(
        Annotation(image: ID(value["image_id"]), category: ID(value["category_id"]), shape: Self.shape(value)))
    }
  }

  /// A size that is there and makes sense.
  static func size(_ width: JSONValue?, _ height: JSONValue?) -> PixelSize? {
    guard let width = width?.wholeNumber, let height = height?.wholeNumber, width > 0, height > 0 else { return nil }
    return PixelSize(width: Int(clamping: width), height: Int(clamping: height))
  }

  // MARK: - Shapes

  private static func shape(_ value: JSONValue) -> Shape {
    if value["iscrowd"]?.isTrue == true { return .crowd }
    let box = value["bbox"]?.numberList ?? []
    if value["bbox"]?.elements?.isEmpty == false, box.count != 4 { return .bad("has a bbox that is not four numbers") }
    if box.count == 4 {
      guard box[2] >= 0, box[3] >= 0 else { return .bad("has a bbox of width \(box[2]) and height \(box[3])") }
      return .box(Hull(corner: (box[0], box[1]), other: (box[0] + box[2], box[1] + box[3])), isOutline: false)
    }
    guard let segmentation = value["segmentation"] else { return .box(Hull(), isOutline: true) }
    if let size = segmentation["size"]?.numberList, size.count == 2 {
      return mask(segmentation, height: size[0], width: size[1])
    }
    var hull = Hull()
    let polygons = segmentation.numberList.map { [$0] } ?? segmentation.elements?.map { $0.numberList ?? [] } ?? []
    for polygon in polygons {
      guard polygon.count % 2 == 0 else { return .bad("has a polygon of \(polygon.count) numbers, which is odd") }
      hull.add(Hull(flat: polygon))
    }
    return .box(hull, isOutline: true)
  }

  private static func mask(_ segmentation: JSONValue, height: Double, width: Double) -> Shape {
    let counts = segmentation["counts"]
    let runs = counts?.numberList.map { $0.map { Int(exactly: $0) ?? -1 } } ?? counts?.string.flatMap(RunLengths.decode)
    guard let height = Int(exactly: height), let width = Int(exactly: width), let runs,
      let hull = RunLengths.hull(runs, height: height, width: width)
    else { return .bad("has a mask whose counts do not fit its size") }
    return .box(hull, isOutline: true)
  }

  // MARK: - Into the data set

  /// Adds the images with their objects.
  func add(to builder: inout DatasetBuilder, split: Split?) {
    for (entry, problem) in badCategories {
      builder.refuse(problem, at: .init(file: path, entry: entry, name: "category"))
    }
    var places: [ID: Int] = [:]
    var repeated: Set<ID> = []
    for (index, image) in images.enumerated() {
      guard let id = image.id else {
        builder.refuse("has no 'id'", at: .init(file: path, entry: image.entry, name: "image"))
        continue
      }
      if let first = places.updateValue(index, forKey: id) {
        repeated.insert(id)
        builder.refuse(
          "has the id \(id), which image \(images[first].entry) has too",
          at: .init(file: path, entry: image.entry, name: "image"))
      }
    }
    var objects = [[ImportedObject]](repeating: [], count: images.count)
    var badLines = [[BadLabelLine]](repeating: [], count: images.count)
    for (index, annotation) in annotations.enumerated() {
      let place = DatasetBuilder.Place(file: path, entry: index + 1)
      guard let id = annotation.image, let image = places[id] else {
        builder.leaveOut("annotation of an image that is not listed", at: place)
        continue
      }
      guard let category = annotation.category, let name = classes[category],
        let classID = builder.classes.number(of: name)
      else {
        builder.leaveOut("category that is not listed", at: place)
        continue
      }
      switch annotation.shape {
      case .crowd: builder.leaveOut("crowd", at: place)
      case .bad(let problem):
        badLines[image].append(BadLabelLine(line: index + 1, unit: "annotation", problem: problem))
      case .box(let hull, let isOutline):
        builder.add(
          hull, classID: classID, isOutline: isOutline, at: place, to: &objects[image], &badLines[image])
      }
    }
    for (index, image) in images.enumerated() {
      guard let id = image.id, !repeated.contains(id) else { continue }
      let place = DatasetBuilder.Place(file: path, entry: image.entry, name: "image")
      guard let name = image.name, !name.isEmpty else {
        builder.refuse("has no 'file_name'", at: place)
        continue
      }
      guard let picture = builder.picture([name], split: split, at: place) else { continue }
      builder.add(
        ImportedImage(
          split: split, imageID: "", imagePath: picture, labelPath: path, entry: image.entry, statedSize: image.size,
          objects: .pixels(objects[index], badLines[index])), at: place)
    }
  }
}
