import FeederDatasets

/// How a data set is imported.
struct ImportSettings: Sendable {
  /// Goes on without images that have bad labels, instead of refusing the data set.
  var skipsBadLabels = false
  /// Which images become `val` and `test` if the data set has no such splits.
  var rule = SplitRule()
  /// The folder that holds the images, if the user named one; it may lie outside of the data set's folder.
  var imageFolder: String?
  /// Reads the corners of Pascal VOC as counted from 1.
  var firstPixelIsOne = false
  /// The attribute of a region that is its class, if regions have several.
  var classAttribute: String?
}

/// Why a data set is taken for one of a layout.
struct Recognition: Sendable, Equatable {
  /// What was found, as in "annotations.json holds 'images' and 'annotations'".
  let reason: String
  /// False for a mark that folders of other layouts hold too, as classes.txt: it counts if no other layout is sure.
  let isSure: Bool

  /// A mark that only this layout has.
  static func sure(_ reason: String) -> Recognition { Recognition(reason: reason, isSure: true) }
  /// A mark that other layouts may have too.
  static func unsure(_ reason: String) -> Recognition { Recognition(reason: reason, isSure: false) }
}

/// Reads data sets of one layout for `feeder prepare`. A new layout is one file with a type that conforms to this, and its line in
/// `DatasetImporters.all`.
protocol DatasetImporter: SendableMetatype {
  /// What `--format` calls the layout.
  static var name: String { get }
  /// Why `source` is of the layout; nil if it is not. Throws `DatasetError` if that cannot be said.
  static func recognises(_ source: SourceFolder) throws -> Recognition?
  /// Reads lists and labels of `source` and opens no image. Throws `DatasetError` naming the file, the line and what is wrong.
  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset
}

/// The layouts that `feeder prepare` reads.
package enum DatasetImporters {
  /// One importer per layout.
  static let all: [any DatasetImporter.Type] = [
    COCO.self, PascalVOC.self, CVAT.self, LabelMe.self, LabelStudio.self, CreateML.self, VIA.self, VoTT.self,
    Datumaro.self, OrientedBoxes.self, KITTI.self, VoTTCSV.self, TensorFlowCSV.self, OpenImagesCSV.self, MVTec.self,
    VisA.self, DeepPCB.self, YOLOLayout.self,
  ]

  /// What `--format` takes.
  package static let names = all.map { $0.name }

  /// The importer called `name`, or the one that recognises `source` if there is no name, and why it reads the data set. Throws
  /// `DatasetError.source` if none or several recognise it.
  static func importer(
    of source: SourceFolder, named name: String?
  ) throws -> (type: any DatasetImporter.Type, reason: String) {
    if let name {
      guard let importer = all.first(where: { $0.name == name }) else {
        preconditionFailure("'\(name)' is no layout that is read: \(names)")
      }
      return (importer, "--format \(name)")
    }
    var found: [(type: any DatasetImporter.Type, recognition: Recognition)] = []
    var refusal: DatasetError?
    for importer in all {
      do {
        if let recognition = try importer.recognises(source) { found.append((importer, recognition)) }
      } catch let error as DatasetError {
        // Another layout may still recognise it; if none does, this says why.
        refusal = refusal ?? error
      }
    }
    let sure = found.filter(\.recognition.isSure)
    let candidates = sure.isEmpty ? found : sure
    if candidates.count > 1 {
      let list = candidates.map { "\($0.type.name) (\($0.recognition.reason))" }.joined(separator: " or ")
      throw DatasetError.source(
        file: source.named, line: nil, problem: "may be \(list); choose with --format, or name the folder of one")
    }
    refusal = refusal ?? source.firstFault
    if let only = candidates.first { return (only.type, only.recognition.reason) }
    throw try refusal ?? unknown(source)
  }

  /// Why `source` is of no known format. Throws `DatasetError` if a folder cannot be listed.
  private static func unknown(_ source: SourceFolder) throws -> DatasetError {
    func refusal(_ problem: String) -> DatasetError { .source(file: source.named, line: nil, problem: problem) }
    if source.chosen != nil {
      return refusal("is a file of no known format; name a label file or a data set's folder")
    }
    let files = try source.files()
    guard !files.isEmpty else { return refusal("holds no file; name the folder of a data set") }
    guard files.contains(where: { FileKind($0).isImage }) else {
      let count = files.count == 1 ? "1 file" : "\(files.count) files"
      return refusal("holds \(count), but no picture and no labels; name the folder of a data set")
    }
    return refusal(
      "holds pictures, but no labels of a known format (\(names.joined(separator: ", "))); docs/own-data.md says what each is "
        + "recognised by")
  }
}
