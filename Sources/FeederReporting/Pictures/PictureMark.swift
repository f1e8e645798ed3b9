import FeederFiles
import Foundation

/// Marks pictures as made by Feeder, so that it never overwrites a user's picture. No pixel changes.
package enum PictureMark {
  /// A JPEG comment: marker, length, text.
  private static let comment: [UInt8] = [0xFF, 0xFE, 0x00, 0x08] + Array("feeder".utf8)
  /// A PNG text chunk: length, type, keyword and text, and the CRC-32 of type, keyword and text.
  private static let chunk: [UInt8] =
    [0, 0, 0, 15] + Array("tEXtSoftware".utf8) + [0] + Array("feeder".utf8) + [0xBB, 0xC4, 0xA0, 0xDE]
  /// Offset of the comment: after the start of a JPEG and its JFIF header of 18 bytes.
  private static let commentPlace = 20
  /// Offset of the chunk: after the signature of a PNG and its first chunk, which has 13 bytes of data.
  private static let chunkPlace = 33

  /// The JPEG with the mark. Unchanged if it does not start as libjpeg-turbo writes it.
  package static func jpeg(_ bytes: [UInt8]) -> Data {
    let start: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10]
    return bytes.starts(with: start) ? inserted(comment, at: commentPlace, Data(bytes)) : Data(bytes)
  }

  /// The PNG with the mark. Unchanged if it does not start with a header chunk.
  package static func png(_ data: Data) -> Data {
    let start: [UInt8] = [0x89] + Array("PNG\r\n".utf8) + [0x1A, 0x0A, 0, 0, 0, 13]
    return data.starts(with: start) ? inserted(chunk, at: chunkPlace, data) : data
  }

  private static func inserted(_ mark: [UInt8], at place: Int, _ data: Data) -> Data {
    guard data.count > place else { return data }
    return data.prefix(place) + mark + data.dropFirst(place)
  }

  /// Recognises pictures with the mark.
  package static let signature = FileSignature { glance in
    glance.holds(comment, at: commentPlace) || glance.holds(chunk, at: chunkPlace)
  }
}
