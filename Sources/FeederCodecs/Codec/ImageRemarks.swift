import FeederImaging

/// What is worth a word about an image file that is read all the same.
package struct ImageRemarks: OptionSet, Hashable, Sendable {
  /// One bit for each remark.
  package let rawValue: UInt8

  /// The remarks of these bits.
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// There are more pictures in it; the first one is read.
  package static let severalPages = ImageRemarks(rawValue: 1)
  /// Bytes follow the end of the picture, or more pixel data than it needs.
  package static let bytesBehindEnd = ImageRemarks(rawValue: 2)
  /// Alpha or a transparent colour was left out; the colours are as stored, blended with nothing.
  package static let transparency = ImageRemarks(rawValue: 4)
  /// The end is missing, but every pixel is there.
  package static let noEnd = ImageRemarks(rawValue: 8)
  /// A checksum behind the last pixel is wrong; the checksums of the pixels are right.
  package static let checksum = ImageRemarks(rawValue: 16)

  /// A list of pictures that leads out of the file or in a circle.
  package static let brokenPages = ImageRemarks(rawValue: 32)

  /// Run lengths of a BMP skip pixels; these have the palette's first colour, as other readers have it.
  package static let leftOut = ImageRemarks(rawValue: 64)

  /// One line for each.
  package var lines: [String] {
    let all: [(ImageRemarks, String)] = [
      (.severalPages, "the file holds several pictures: the first one is read"),
      (.bytesBehindEnd, "bytes behind the end of the picture are left out"),
      (.transparency, "transparency is left out: the colours are as stored"),
      (.noEnd, "the end of the file is missing, behind the last pixel"),
      (.checksum, "the checksum behind the last pixel is wrong"),
      (.brokenPages, "the list of pictures leads out of the file or in a circle: the first one is read"),
      (.leftOut, "pixels that the file leaves out have the palette's first colour"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}
