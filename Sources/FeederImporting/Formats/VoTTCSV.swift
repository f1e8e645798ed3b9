/// VoTT's "Comma Separated Values (CSV)": a row per region, edges in pixels.
enum VoTTCSV: BoxTable {
  static let name = "vott-csv"
  static let columns = BoxTableColumns(
    image: "image", className: "label", edges: ["xmin", "ymin", "xmax", "ymax"])
  static let classless: String? = "region without tag"
}
