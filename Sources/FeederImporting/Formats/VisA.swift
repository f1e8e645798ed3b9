import FeederDatasets

/// VisA (Zou et al., 2022): a CSV with the columns image, label and mask, paths relative to it or to a folder above; masks of numbers
/// above 0. A row without mask is a good picture. A column `split` gives the split, as VisA's own lists have it.
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

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    var builder = try DatasetBuilder(source, settings, entryName: "line")
    builder.classes.isFromSeveralFiles = true
    let reader = try MaskFile.Reader()
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
        builder.add(image, mask: mask, className: value("label"), split: split, reader)
      }
    }
    return try builder.finish()
  }
}
