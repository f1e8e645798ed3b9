import FeederDatasets

/// Open Images' CSV of boxes (Kuznetsova et al., 2020): a row per box, edges in shares of the image. Its classes are codes such as
/// /m/01g317, for which a list class-descriptions has the names.
enum OpenImagesCSV: BoxTable {
  static let name = "open-images"
  static let columns = BoxTableColumns(
    image: "imageid", className: "labelname", edges: ["xmin", "ymin", "xmax", "ymax"])
  static let hasShares = true

  static func reasonToLeaveOut(_ value: (String) -> String) -> String? {
    value("isgroupof") == "1" ? "box around a group" : nil
  }

  static func classNames(_ source: SourceFolder) throws -> [String: String] {
    var names: [String: String] = [:]
    for file in try SourceFolder.list(source.folder) where isDescription(file) {
      try CSVFile.forEachRow(of: source.path(file)) { row in
        guard row.fields.count == 2, row.fields[0].hasPrefix("/") else { return }
        names[row.fields[0]] = row.fields[1]
      }
    }
    return names
  }

  private static func isDescription(_ file: String) -> Bool {
    let name = file.split(separator: "/").last?.lowercased() ?? ""
    return name.contains("class-descriptions") && name.hasSuffix(".csv")
  }
}
