import FeederCodecs
import FeederFiles
import Foundation

/// What a file beside images is, by its name.
package enum FileKind: Sendable {
  /// An image that Feeder reads.
  case image
  /// An image of a kind that Feeder does not read.
  case otherImage
  /// A text file, as YOLO labels are.
  case text
  /// A part of a data set that says nothing of an image, or something that systems and tools leave behind.
  case nothing
  /// Anything else.
  case other

  /// The endings of the images that Feeder reads.
  private static let endings = Set(ImageCodecs.endings)
  /// The endings of images that Feeder does not read, unless a codec reads them.
  private static let otherEndings: Set<String> = [
    "png", "bmp", "dib", "tif", "tiff", "webp", "gif", "heic", "heif", "avif", "dng", "jp2", "jfif", "jpe", "mpo",
    "pgm", "ppm", "pnm", "pfm", "b16", "raw",
  ]
  /// Files of a data set that are neither images nor labels, and what training tools leave behind.
  private static let ownEndings: Set<String> = ["yaml", "yml", "names", "data", "md", "cache", "npy"]
  private static let leavings: Set<String> = ["thumbs.db", "ehthumbs.db", "desktop.ini"]
  /// How messages name the images that Feeder reads.
  package static let readable = list("and")
  /// The same for a message that none is there.
  static let readableEither = list("or")

  private static func list(_ word: String) -> String {
    let endings = ImageCodecs.endings.map { "." + $0 }
    return [endings.dropLast().joined(separator: ", "), endings.suffix(1).joined()].filter { !$0.isEmpty }
      .joined(separator: " \(word) ")
  }

  /// The kind of a file of this name.
  package init(_ name: String) {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else {
      self = .other
      return
    }
    let ending = name[name.index(after: dot)...].lowercased()
    self =
      if Self.endings.contains(ending) {
        .image
      } else if ending == "txt" {
        .text
      } else if Self.otherEndings.contains(ending) {
        .otherImage
      } else if Self.ownEndings.contains(ending) || Self.leavings.contains(name.lowercased()) {
        .nothing
      } else {
        .other
      }
  }

  /// True for images, read or not.
  package var isImage: Bool {
    switch self {
    case .image, .otherImage: true
    case .text, .nothing, .other: false
    }
  }

  /// True if the file at a path begins as an image that Feeder reads.
  static func holdsImage(_ path: String) -> Bool {
    FileReader.start(of: path, byteCount: 16).withUnsafeBytes { ImageCodecs.recognise($0) }
  }

  /// A name without its ending.
  package static func stem(_ name: String) -> Substring {
    name.utf8.lastIndex(of: UInt8(ascii: ".")).map { name[..<$0] } ?? name[...]
  }
}
