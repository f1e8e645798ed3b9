import FeederCore
import FeederImaging

/// Why bytes could not become pixels or pixels could not become bytes; the caller adds the file's name.
package enum ImagingError: Error, Equatable, CustomStringConvertible {
  /// The file has no bytes.
  case emptyFile
  /// The file begins as no format that Feeder reads; `looksLike` names the format that it seems to have, nil if that is unknown.
  case unknownFormat(looksLike: String?)
  /// The data ends before the image does.
  case truncated(ImageFormat, reason: String)
  /// The data contradicts the format.
  case damaged(ImageFormat, reason: String)
  /// More pixels, or a longer side, than this room takes in.
  case tooLarge(width: Int, height: Int, limit: Int = ImageLimits.standard.pixelCount)
  /// Decoding it would take more time or memory than this room gives.
  case costly(ImageFormat, reason: String)
  /// A valid file of a kind that this room does not read.
  case unsupported(ImageFormat, reason: String)
  /// An image library could not start, or refused pixels.
  case library(name: String = "libjpeg-turbo", reason: String)

  /// A format that is read by a library which is not installed; Debian's and Ubuntu's `package` holds it.
  case missingLibrary(ImageFormat, name: String, package: String)

  /// One line: what is wrong and what to do.
  package var description: String {
    switch self {
    case .emptyFile:
      "is an empty file (0 bytes): copy it again or remove it with its label"
    case .unknownFormat(let kind?):
      "is \(kind), which is not read: convert it to PNG or JPEG"
    case .unknownFormat(nil):
      "is not a \(ImageCodecs.names) (its first bytes fit none): convert it to one of these or remove it"
    case .truncated(let format, let reason):
      "is a truncated \(format.name) (\(reason)): copy it again from its source"
    case .damaged(let format, let reason):
      "is a damaged \(format.name) (\(reason)): copy it again from its source"
    case .tooLarge(let width, let height, let limit):
      "is \(width) x \(height) pixels, above the limit of \(ImageHeader.maximumSide) a side and \(limit) in all: "
        + (max(width, height) <= ImageHeader.maximumSide
          ? "read it with --largest-image \(width * height), or cut it into tiles" : "cut it into tiles")
    case .costly(let format, let reason):
      "is a \(format.name) that costs too much to decode (\(reason)): save it again as a "
        + "\(format == .jpeg ? "baseline" : "plain") \(format.name), or remove it"
    case .unsupported(let format, let reason):
      "is a \(format.name) of an unsupported kind (\(reason)): save it as an 8-bit grey or RGB \(format.name)"
    case .missingLibrary(let format, let name, let package):
      "is a \(format.name), and \(name) is not installed: install it (apt-get install \(package)), or convert the file to PNG"
    case .library(let name, let reason):
      "\(name) failed: \(reason)"
    }
  }
}
