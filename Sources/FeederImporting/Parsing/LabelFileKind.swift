import FeederDatasets

/// The formats of label files that are JSON or XML, told apart by what stands in them, not by their names.
enum LabelFileKind: String, Sendable {
  case coco, labelMe, labelStudio, createML, via, vott, datumaro
  case voc, cvat

  /// What was found, for a line that says why a data set is read as this.
  var mark: String {
    switch self {
    case .coco: "lists images with 'file_name', as COCO does"
    case .labelMe: "has 'shapes' and 'imagePath', as LabelMe writes them"
    case .labelStudio: "holds tasks with 'data' and results, as Label Studio exports them"
    case .createML: "lists images with 'annotations' of 'coordinates', as CreateML does"
    case .via: "has images with 'filename' and 'regions', as VGG Image Annotator writes them"
    case .vott: "has assets with 'regions', as VoTT exports them"
    case .datumaro: "has 'items' and 'categories', as Datumaro writes them"
    case .voc: "begins with <annotation>, as Pascal VOC does"
    case .cvat: "begins with <annotations>, as CVAT exports them"
    }
  }

  /// True if each image has a label file.
  var isPerImage: Bool { self == .voc || self == .labelMe }

  /// Bytes of a file that are looked at, and paths in it that are remembered.
  private static let sniffedByteCount = 256 << 20
  private static let mostPaths = 4096

  /// The kind of a JSON file; nil if it is none of them. Throws `DatasetError` if it is no JSON before its kind is known.
  static func of(json path: String) throws -> LabelFileKind? {
    var seen: Set<String> = []
    var kind: LabelFileKind?
    try JSONFile.read(
      path, limit: sniffedByteCount,
      choose: { place in
        guard place.steps.count <= 5 else { return .skip }
        // Below, any key of the first level stands for an image of VIA and an asset of VoTT.
        if kind == nil, seen.count < mostPaths, seen.insert(place.text).inserted { kind = decide(place, seen) }
        return kind == nil ? .enter : .end
      },
      take: { _, _ in false })
    return kind
  }

  /// The kind that the paths so far decide, `place` being the new one.
  private static func decide(_ place: JSONPath, _ seen: Set<String>) -> LabelFileKind? {
    switch place.text {
    case "images[].file_name", "annotations[].image_id": return .coco
    case "shapes" where seen.contains("imagePath"), "imagePath" where seen.contains("shapes"), "shapes[].points":
      return .labelMe
    case "[].annotations[].coordinates", "[].annotation[].coordinates", "[].imagefilename": return .createML
    case "[].annotations[].result", "[].completions[].result", "[].data": return .labelStudio
    case "_via_img_metadata": return .via
    case "categories.label.labels", "items[].annotations": return .datumaro
    case "regions" where seen.contains("asset.id"), "asset.id" where seen.contains("regions"): return .vott
    default: break
    }
    if case .key(let image)? = place.steps.first, place.steps.count == 2,
      place.lastKey == "regions" && seen.contains(image + ".filename")
        || place.lastKey == "filename" && seen.contains(image + ".regions")
    {
      return .via
    }
    if place.matches(["assets", "*", "asset"]) { return .vott }
    if place.matches(["*", "*", "*", "original_width"]) { return .labelStudio }
    return nil
  }

  /// The kind of an XML file; nil if it is none of them. Throws `DatasetError` if it is no XML before its kind is known.
  static func of(xml path: String) throws -> LabelFileKind? {
    var kind: LabelFileKind?
    try XMLFile.read(
      path, limit: sniffedByteCount,
      choose: { names in
        switch names {
        case ["annotation"]: kind = .voc
        case ["annotations"]: return .enter
        case ["annotations", "meta"], ["annotations", "image"], ["annotations", "track"]: kind = .cvat
        default: break
        }
        return kind == nil ? .skip : .end
      },
      take: { _, _ in false })
    return kind
  }
}

extension SourceFolder {
  /// Files of one folder that are looked at to recognise a data set; the rest is looked at when it is read.
  private static let mostPerFolder = 4
  private static let mostSniffed = 256

  /// The first file of `kind`, for a recogniser: some files of every folder are looked at.
  func first(_ kind: LabelFileKind) throws -> String? {
    var counts: [String: Int] = [:]
    var looked = 0
    for file in try files(ending: Self.ending(kind)) {
      let count = counts[PathText.folder(of: file), default: 0]
      guard count < Self.mostPerFolder else { continue }
      guard looked < Self.mostSniffed else { return nil }
      counts[PathText.folder(of: file)] = count + 1
      looked += 1
      if self.kind(of: file) == kind { return file }
    }
    return nil
  }

  /// The recognition of a data set that has a file of `kind`.
  func recognition(_ kind: LabelFileKind) throws -> Recognition? {
    try first(kind).map { .sure("\($0) \(kind.mark)") }
  }

  /// All files of `kind`, sorted. Throws `DatasetError` if there is none.
  func all(_ kind: LabelFileKind) throws -> [String] {
    chosenKind = kind
    let found = try files(ending: Self.ending(kind)).filter { self.kind(of: $0) == kind }
    guard found.isEmpty else { return found }
    throw firstFault
      ?? .source(file: named, line: nil, problem: "holds no .\(Self.ending(kind)) file that \(kind.mark)")
  }

  /// The first label file that cannot be read.
  var firstFault: DatasetError? { faults.min { $0.key < $1.key }?.value }

  /// The files with the ending of the chosen kind that are of another kind or of none, sorted, with the reason for those that cannot be
  /// read.
  var otherLabelFiles: [(file: String, fault: DatasetError?)] {
    guard let chosenKind else { return [] }
    let ending = "." + Self.ending(chosenKind)
    return kinds.filter { $0.value != chosenKind && $0.key.lowercased().hasSuffix(ending) }.keys.sorted()
      .map { ($0, faults[$0]) }
  }

  private static func ending(_ kind: LabelFileKind) -> String {
    switch kind {
    case .voc, .cvat: "xml"
    default: "json"
    }
  }

  private func kind(of file: String) -> LabelFileKind? {
    if let known = kinds[file] { return known }
    var kind: LabelFileKind?
    do {
      kind =
        file.lowercased().hasSuffix("xml")
        ? try LabelFileKind.of(xml: path(file)) : try LabelFileKind.of(json: path(file))
    } catch let error as DatasetError {
      faults[file] = error
    } catch {
      preconditionFailure("label files are refused with a DatasetError: \(error)")
    }
    kinds[file] = .some(kind)
    return kind
  }
}
