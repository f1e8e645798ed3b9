/// The layouts that `feeder prepare` reads.
package enum SourceFormat: String, CaseIterable, Sendable {
  /// DeepPCB as its authors publish it: trainval.txt and test.txt list pairs of image and label.
  case deeppcb
  /// A YOLO layout: a data.yaml, a data file of darknet, or a list of classes beside images and labels.
  case yolo

  /// The format of `source` by the files in it. Throws `DatasetError.source` where it is neither.
  package static func detect(_ source: String) throws -> SourceFormat {
    guard FileBytes.status(source) != nil else {
      throw DatasetError.source(file: source, line: nil, problem: "is not there")
    }
    guard FileBytes.isFolder(source) else {
      let isYOLO = [".yaml", ".yml", ".data", "classes.txt"].contains { source.lowercased().hasSuffix($0) }
      if isYOLO { return .yolo }
      throw DatasetError.source(file: source, line: nil, problem: "is a file; name a data.yaml or a data set's folder")
    }
    if PathText.exists(source + "/data.yaml") { return .yolo }
    let lists = DeepPCB.lists.map(\.file)
    if lists.contains(where: { FileBytes.status(source + "/" + $0) != nil }) { return .deeppcb }
    if try DatasetDescription.find(in: source) != nil { return .yolo }
    throw DatasetError.source(
      file: source, line: nil,
      problem:
        "is of no known format: it holds neither a data.yaml, obj.data or classes.txt (YOLO) nor "
        + "\(lists.joined(separator: " and ")) (DeepPCB)"
    )
  }
}
