import FeederCore
import FeederDatasets

/// A CSV format of one box per row: which columns it has. A format is one file with a type that conforms to this.
protocol BoxTable: DatasetImporter {
  /// Its columns.
  static var columns: BoxTableColumns { get }
  /// What the class of a row without one is called when it is left out; nil if such a row is an error.
  static var classless: String? { get }
  /// Why a row is no box to train on; nil if it is one. `value` gives a column's value.
  static func reasonToLeaveOut(_ value: (String) -> String) -> String?
  /// Other names of classes, if the data set has a list of them. Throws `DatasetError`.
  static func classNames(_ source: SourceFolder) throws -> [String: String]
  /// True if the numbers are always shares of the image; else they are pixels, unless all are at most 1.
  static var hasShares: Bool { get }
}

/// The names of columns, in small letters.
struct BoxTableColumns: Sendable {
  let image: String
  let className: String
  let edges: [String]
  /// Width and height of the image, if files of the format say them.
  var size: [String] = []

  /// All that a file of the format must have.
  var required: [String] { [image, className] + edges }
}

extension BoxTable {
  static var classless: String? { nil }
  static var hasShares: Bool { false }
  static func reasonToLeaveOut(_ value: (String) -> String) -> String? { nil }
  static func classNames(_ source: SourceFolder) throws -> [String: String] { [:] }

  static func recognises(_ source: SourceFolder) throws -> Recognition? {
    try tables(source).first.map { .sure("\($0) has the columns \(columns.required.joined(separator: ", "))") }
  }

  /// The CSV files with the columns of the format.
  private static func tables(_ source: SourceFolder) throws -> [String] {
    try source.files(ending: "csv").filter { file in
      let header = CSVFile.header(of: source.path(file)).map { $0.lowercased() }
      return columns.required.allSatisfy(header.contains)
    }
  }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let files = try tables(source)
    guard !files.isEmpty else {
      throw DatasetError.source(
        file: source.named, line: nil,
        problem: "holds no .csv file with the columns \(columns.required.joined(separator: ", "))")
    }
    var builder = try DatasetBuilder(source, settings, entryName: "line")
    // Rows have no order that means something.
    builder.classes.isFromSeveralFiles = true
    let names = try classNames(source)
    for file in files {
      var reader = BoxTableReader(file: source.path(file), split: splitOfFile(file), names: names)
      try reader.read(Self.self, &builder)
      reader.finish(&builder, hasShares: hasShares)
    }
    return try builder.finish()
  }

  private static func splitOfFile(_ file: String) -> Split? {
    Split.named(byFile: file) ?? Split.named(byFolders: file)
  }
}

/// Reads one CSV file of boxes: rows of one image need not stand together.
private struct BoxTableReader {
  /// An image of the file with its rows so far.
  private struct Member {
    let path: String
    let line: Int
    var size: PixelSize?
    var objects: [ImportedObject] = []
    var badLines: [BadLabelLine] = []
  }

  let file: String
  let split: Split?
  let names: [String: String]
  private var members: [Member] = []
  /// The place of an image in `members` by its name in the file; nil if it is not there.
  private var places: [String: Int?] = [:]
  private var placesByPath: [String: Int] = [:]
  private var commaCount = 0
  private var areShares = true

  init(file: String, split: Split?, names: [String: String]) {
    self.file = file
    self.split = split
    self.names = names
  }

  mutating func read<Table: BoxTable>(_ table: Table.Type, _ builder: inout DatasetBuilder) throws {
    var header: [String: Int]?
    try CSVFile.forEachRow(of: file) { row in
      guard let header else {
        header = Dictionary(
          zip(row.fields.map { $0.lowercased() }, row.fields.indices), uniquingKeysWith: { first, _ in first })
        return
      }
      let place = DatasetBuilder.Place(file: file, entry: row.line)
      func value(_ column: String) -> String {
        header[column].flatMap { row.fields.indices.contains($0) ? row.fields[$0] : nil } ?? ""
      }
      add(Table.self, value, line: row.line, at: place, &builder)
    }
  }

  private mutating func add<Table: BoxTable>(
    _ table: Table.Type, _ value: (String) -> String, line: Int, at place: DatasetBuilder.Place,
    _ builder: inout DatasetBuilder
  ) {
    let columns = Table.columns
    guard !value(columns.image).isEmpty else { return builder.refuse("names no image", at: place) }
    guard let index = index(of: value(columns.image), at: place, &builder) else { return }
    func bad(_ problem: String) { members[index].badLines.append(BadLabelLine(line: line, problem: problem)) }
    if !columns.size.isEmpty {
      let size = columns.size.map { Int(value($0)) ?? 0 }
      if size.allSatisfy({ $0 > 0 }) {
        let stated = PixelSize(width: size[0], height: size[1])
        guard members[index].size.map({ $0 == stated }) ?? true else {
          return bad("says \(stated) pixels for an image that another row says \(members[index].size ?? stated) for")
        }
        members[index].size = stated
      }
    }
    let texts = columns.edges.map(value)
    if texts.allSatisfy(\.isEmpty) { return builder.leaveOut("row without box", at: place) }
    if let reason = Table.reasonToLeaveOut(value) { return builder.leaveOut(reason, at: place) }
    let edges = texts.compactMap { number($0) }
    guard edges.count == 4 else {
      return bad("has the box \(texts.joined(separator: " ")), which is not four numbers")
    }
    let (x1, y1, x2, y2) = (edges[0], edges[1], edges[2], edges[3])
    guard x1 <= x2, y1 <= y2 else {
      return bad("has a box from (\(x1), \(y1)) to (\(x2), \(y2)), whose corners are crossed")
    }
    if Table.hasShares, max(x2, y2) > 1.5 || min(x1, y1) < -0.5 {
      return bad("has a box from (\(x1), \(y1)) to (\(x2), \(y2)), which are no shares of the image")
    }
    areShares = areShares && max(x2, y2) <= 1
    let label = value(columns.className)
    guard let classID = builder.classes.number(of: names[label] ?? label) else {
      if let reason = Table.classless { return builder.leaveOut(reason, at: place) }
      return bad("names no class")
    }
    var (objects, badLines): ([ImportedObject], [BadLabelLine]) = ([], [])
    builder.add(
      Hull(corner: (x1, y1), other: (x2, y2)), classID: classID, isOutline: false, at: place, to: &objects, &badLines)
    members[index].objects += objects
    members[index].badLines += badLines
  }

  /// The place of the image that a row names; nil, noted once, if it is not there.
  private mutating func index(
    of name: String, at place: DatasetBuilder.Place, _ builder: inout DatasetBuilder
  ) -> Int? {
    if let known = places[name] { return known }
    let path =
      FileKind(name).isImage
      ? builder.picture([name], split: split, at: place)
      : builder.picture(stemOf: PathText.folder(of: file) + "/" + name + ".csv", split: split, at: place)
    guard let path else {
      places[name] = .some(nil)
      return nil
    }
    if let known = placesByPath[path] {
      places[name] = known
      return known
    }
    places[name] = members.count
    placesByPath[path] = members.count
    members.append(Member(path: path, line: place.entry ?? 1))
    return members.count - 1
  }

  /// A number, also with the decimal comma of a European Windows.
  private mutating func number(_ text: String) -> Double? {
    guard text.contains(",") else { return LabelText.number(text) }
    guard text.count(where: { $0 == "," }) == 1, !text.contains("."),
      let value = LabelText.number(text.replacing(",", with: "."))
    else { return nil }
    commaCount += 1
    return value
  }

  /// Adds the images to the data set.
  func finish(_ builder: inout DatasetBuilder, hasShares: Bool) {
    let isShare = hasShares || (areShares && members.contains { !$0.objects.isEmpty })
    if commaCount > 0 { builder.findings.notes.append("\(file): \(commaCount) numbers have decimal commas") }
    if isShare, !hasShares {
      builder.findings.notes.append("\(file): no edge is above 1, so they are read as shares of the image")
    }
    for var member in members {
      if isShare { for place in member.objects.indices { member.objects[place].isShare = true } }
      builder.add(
        ImportedImage(
          split: split, imageID: "", imagePath: member.path, labelPath: file, entry: member.line,
          statedSize: member.size, objects: .pixels(member.objects, member.badLines)),
        at: DatasetBuilder.Place(file: file, entry: member.line))
    }
  }
}
