/// How a data set is imported.
struct ImportSettings: Sendable {
  /// Leaves bad label lines out instead of refusing them.
  var skipsBadLabels = false
  /// Share of the training images that becomes `val` if the data set has none.
  var valShare = Dataset.defaultValShare
}

/// Reads data sets of one layout for `feeder prepare`. A new layout is one file with a type that conforms to this, and its line in
/// `DatasetImporters.all`.
protocol DatasetImporter: SendableMetatype {
  /// What `--format` calls the layout.
  static var name: String { get }
  /// What tells the layout, with its name, for a line that says what was looked for.
  static var marks: String { get }
  /// True if `source`, a file or a folder that is there, is of the layout. Throws `DatasetError` if that cannot be said.
  static func recognises(_ source: String) throws -> Bool
  /// Reads lists and labels of `source` and opens no image. Throws `DatasetError` naming the file, the line and what is wrong.
  static func read(_ source: String, _ settings: ImportSettings) throws -> ImportedDataset
}

/// The layouts that `feeder prepare` reads.
package enum DatasetImporters {
  /// One importer a layout. The first that recognises a data set reads it.
  static let all: [any DatasetImporter.Type] = [DeepPCB.self, YOLOLayout.self]

  /// What `--format` takes.
  package static let names = all.map { $0.name }

  /// The importer called `name`, or the one that recognises `source` if there is no name. Throws `DatasetError.source`.
  static func importer(of source: String, named name: String?) throws -> any DatasetImporter.Type {
    if let name {
      guard let importer = all.first(where: { $0.name == name }) else {
        preconditionFailure("'\(name)' is no layout that is read: \(names)")
      }
      return importer
    }
    func unknown(_ problem: String) -> DatasetError { .source(file: source, line: nil, problem: problem) }
    guard FileBytes.status(source) != nil else { throw unknown("is not there") }
    for importer in all where try importer.recognises(source) { return importer }
    guard FileBytes.isFolder(source) else { throw unknown("is a file; name a data.yaml or a data set's folder") }
    let marks = all.reversed().map { $0.marks }.joined(separator: " nor ")
    throw unknown("is of no known format: it holds neither \(marks)")
  }
}
