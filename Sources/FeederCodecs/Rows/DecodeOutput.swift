import FeederCore
import FeederImaging

/// What a picture is decoded to.
package enum DecodeOutput: Hashable, Sendable {
  /// A byte a sample, `channels` (1 or 3) side by side, reduced by `scale`; levels of more than 8 bits are mapped by `window` first.
  case bytes(channels: Int, scale: DecodeScale, window: LevelWindow)
  /// The levels of a file of more than 8 bits as they are stored, min-is-white turned round: native numbers of 16 bits, the file's own channels
  /// side by side, in full size.
  case levels

  /// Bytes that a picture takes.
  package func byteCount(of header: ImageHeader) -> Int {
    switch self {
    case .bytes(let channels, let scale, _):
      let size = scale.size(of: header.size)
      return size.width * size.height * channels
    case .levels: return header.size.width * header.size.height * header.channels * MemoryLayout<UInt16>.size
    }
  }
}
