import FeederDatasets

/// VisA (Zou et al., 2022): image_anno.csv in each category's folder has the columns image, label and mask, with paths from the folder
/// above. The lists in split_csv have the columns object and split too; each of their labels is "normal" or "anomaly". A row without mask
/// is a good picture. A label may list several kinds, as in "melt,scratch". The mask then has one number per kind, and masks of one kind
/// say which number it has.
enum VisA: DatasetImporter {
  static let name = "visa"

  private static let columns = ["image", "label", "mask"]
  /// The list of a category; the lists of splits name the same images again.
  private static let preferred = "image_anno.csv"

  static func recognises(_ source: SourceFolder) throws -> Recognition? {
    try tables(source).first.map { .sure("\($0) has the columns \(columns.joined(separator: ", "))") }
  }

  private static func tables(_ source: SourceFolder) throws -> [String] {
    let found = try source.files(ending: "csv").filter { file in
      let header = CSVFile.header(of: source.path(file)).map { $0.lowercased() }
      return columns.allSatisfy(header.contains)
    }
    let own = found.filter { $0.split(separator: "/").last.map(String.init) == preferred }
    return own.isEmpty ? found : own
  }

  /// A row with a mask.
  private struct Row {
    let image: String
    let mask: String
    /// The kinds of defects that it names.
    let labels: [String]
    let label: String
    let split: Split?
    /// The list that has it: masks of one list number their kinds alike.
    let list: String
    let file: Result<MaskFile, MaskFile.BadMask>
  }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    var builder = try DatasetBuilder(source, settings, entryName: "line")
    builder.classes.isFromSeveralFiles = true
    let reader = try MaskFile.Reader()
    var rows: [Row] = []
    for file in try tables(source) {
      var header: [String: Int]?
      try CSVFile.forEachRow(of: source.path(file)) { row in
        guard let header else {
          header = Dictionary(
            zip(row.fields.map { $0.lowercased() }, row.fields.indices), uniquingKeysWith: { first, _ in first })
          return
        }
        func value(_ column: String) -> String {
          header[column].flatMap { row.fields.indices.contains($0) ? row.fields[$0] : nil } ?? ""
        }
        let place = DatasetBuilder.Place(file: source.path(file), entry: row.line)
        let split = Split(word: value("split"))
        guard let image = builder.picture([value("image")], at: place) else { return }
        guard !value("mask").isEmpty else { return builder.addGood(image, split: split) }
        guard let mask = builder.picture([value("mask")], at: place) else { return }
        let labels = value("label").split(separator: ",").map { ClassTable.trimmed(String($0)) }.filter { !$0.isEmpty }
        rows.append(
          Row(
            image: image, mask: mask, labels: labels, label: value("label"), split: split,
            list: file + "\n" + value("object"), file: reader.read(mask, partsValues: true)))
      }
    }
    let kinds = kinds(of: rows)
    var joined = 0
    for row in rows {
      builder.add(row.image, mask: row.mask, row.file, split: row.split) { file in
        guard row.labels.count > 1 else { return [(row.label, file.all)] }
        let known = kinds[row.list] ?? [:]
        let named = file.byValue.sorted { $0.key < $1.key }.compactMap { value, parts in
          known[value].flatMap { row.labels.contains($0) ? ($0, parts) : nil }
        }
        if !named.isEmpty, named.count == file.byValue.count { return named }
        joined += 1
        return [(row.label, file.all)]
      }
    }
    if joined > 0 {
      builder.findings.notes.append(
        "\(joined) masks have several labels, and no mask with one label says which number is which; each list of labels is one class"
      )
    }
    return try builder.finish()
  }

  /// What each value of a mask stands for, by list: masks of one label and one value say it, unless they contradict each other.
  private static func kinds(of rows: [Row]) -> [String: [UInt8: String]] {
    var seen: [String: [UInt8: Set<String>]] = [:]
    for row in rows where row.labels.count == 1 {
      guard case .success(let file) = row.file, file.byValue.count == 1, let value = file.byValue.keys.first else {
        continue
      }
      seen[row.list, default: [:]][value, default: []].insert(row.labels[0])
    }
    return seen.mapValues { $0.compactMapValues { $0.count == 1 ? $0.first : nil } }
  }
}
