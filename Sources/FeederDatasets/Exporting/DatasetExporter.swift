import FeederCodecs
import FeederCore
import FeederImaging

/// Writes data sets in one layout. A new layout is one file with a type that conforms to this, and its line in `DatasetExporters.all`.
///
/// It says what the files hold; `DatasetWriter` writes them. Boxes are in pixels from the corner of the first pixel.
protocol DatasetExporter: SendableMetatype {
  /// What `--to` calls the layout.
  static var name: String { get }
  /// True if images of each split lie in a folder of their own; else all lie in one folder and get names without folders.
  static var partsSplits: Bool { get }
  /// True if the layout can say the window of images of more than 8 bits.
  static var keepsWindow: Bool { get }
  /// Where an image lies below the data set's folder, without its ending.
  static func place(of image: ExportedImage) -> String
  /// The label file of one image; nil if the layout has none.
  static func labelFile(of image: ExportedImage, classNames: [String]) -> ExportedFile?
  /// The files that describe all images, which are sorted by split and name. `window` is for images of more than 8 bits; nil if there are
  /// none, and for layouts that keep no window.
  static func files(
    of images: [ExportedImage], classNames: [String], window: LevelWindow?
  ) -> [ExportedFile]
}

extension DatasetExporter {
  static var keepsWindow: Bool { false }
}

/// A file of a data set that is written.
struct ExportedFile {
  /// Its path below the data set's folder.
  let path: String
  /// Its bytes.
  let bytes: [UInt8]

  /// A file of bytes.
  init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  /// A text file.
  init(path: String, text: String) { self.init(path: path, bytes: [UInt8](text.utf8)) }
}

/// An image as an exporter sees it.
struct ExportedImage: Sendable {
  /// Its split; nil if the data set has no splits.
  let split: Split?
  /// Its name without ending, `/` between folders; unique over its split, and over all if the exporter does not part splits.
  let name: String
  /// The ending of its file, without a dot.
  let ending: String
  /// Its size as it is seen.
  let size: PixelSize
  /// 1 or 3.
  let channels: Int
  /// Its objects, inside of the image.
  let labels: [Label]

  /// The name with ending.
  var file: String { name + "." + ending }
  /// The split and a slash; empty without splits.
  var folder: String { split.map { "\($0)/" } ?? "" }

  /// The objects with their boxes in pixels, to a ten-thousandth: shares of the image do not give back whole pixels to the last bit.
  var boxes: [(classID: Int, box: Box)] {
    labels.map { label in
      let box = label.box(in: size)
      func rounded(_ edge: Double) -> Double { (edge * 1e4).rounded() / 1e4 }
      return (
        label.classID, Box(x1: rounded(box.x1), y1: rounded(box.y1), x2: rounded(box.x2), y2: rounded(box.y2))
      )
    }
  }
}

/// The layouts that `feeder convert` writes.
package enum DatasetExporters {
  /// One exporter per layout; the first is `feeder prepare`'s.
  static let all: [any DatasetExporter.Type] = [
    YOLOExporter.self, COCOExporter.self, VOCExporter.self, LabelMeExporter.self, CVATExporter.self,
  ]

  /// The layout that all commands read and `feeder prepare` writes.
  package static let standard = YOLOExporter.name

  /// What `--to` takes.
  package static let names = all.map { $0.name }

  /// True if the layout `name`, one of `names`, can say the window of images of more than 8 bits.
  package static func keepsWindow(_ name: String) -> Bool { exporter(named: name).keepsWindow }

  /// The exporter called `name`, one of `names`.
  static func exporter(named name: String) -> any DatasetExporter.Type {
    guard let exporter = all.first(where: { $0.name == name }) else {
      preconditionFailure("'\(name)' is no layout that is written: \(names)")
    }
    return exporter
  }
}
