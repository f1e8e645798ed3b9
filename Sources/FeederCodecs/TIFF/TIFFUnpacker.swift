import CPixels
import FeederCore
import FeederImaging

/// Undoes the packing of a strip or tile, piece by piece, so that a strip's size costs no memory.
final class TIFFUnpacker {
  /// Bytes behind a piece that may be written too.
  static let slack = Int(FEEDER_LZW_SLACK)

  private var packing = TIFFPicture.Packing.none
  private var lzw: UnsafeMutableRawPointer?
  private var packBits = feeder_packbits()
  private lazy var inflate = Inflate(.tiff)
  /// How the deflate stream stood when it was last read.
  private var inflated = Inflate.State.hasOutput
  private var part = ""

  deinit { lzw?.deallocate() }

  /// Begins a strip or tile, which lends its `packed` bytes until it is finished; `part` names it in errors. Throws `ImagingError`.
  func begin(_ packing: TIFFPicture.Packing, _ packed: UnsafeRawBufferPointer, part: @autoclosure () -> String) throws {
    self.packing = packing
    self.part = part()
    let first = packed.assumingMemoryBound(to: UInt8.self).baseAddress
    switch packing {
    case .none: preconditionFailure("bytes that are not packed are used as they are")
    case .lzw:
      guard packed.count < 2 || packed[0] != 0 || packed[1] & 1 == 0 else {
        throw ImagingError.unsupported(.tiff, reason: "LZW of before 1988, whose codes begin with the lowest bit")
      }
      let state = lzw ?? .allocate(byteCount: feeder_lzw_state_bytes(), alignment: 64)
      lzw = state
      feeder_lzw_begin(OpaquePointer(state), first, packed.count)
    case .packBits: packBits = feeder_packbits(next: first, end: first.map { $0 + packed.count }, left: 0, repeats: 0)
    case .deflate: inflate.start(packed)
    }
  }

  /// Writes the next `count` bytes to `target`, which has room for `slack` more. Throws `ImagingError` if so many do not follow.
  func read(_ count: Int, into target: UnsafeMutableRawPointer) throws {
    let out = target.assumingMemoryBound(to: UInt8.self)
    var written = 0
    let end: Int32
    switch packing {
    case .none: preconditionFailure("bytes that are not packed are used as they are")
    case .lzw: end = lzw.map { feeder_lzw_read(OpaquePointer($0), out, count, &written) } ?? Int32(FEEDER_STRIP_SHORT)
    case .packBits: end = feeder_packbits_read(&packBits, out, count, &written)
    case .deflate:
      (written, inflated) = try inflate.read(into: UnsafeMutableRawBufferPointer(start: target, count: count))
      end = Int32(written == count ? FEEDER_STRIP_MORE : FEEDER_STRIP_SHORT)
    }
    switch Int(end) {
    case FEEDER_STRIP_MORE: return
    case FEEDER_STRIP_SHORT:
      throw ImagingError.truncated(.tiff, reason: "the rows of \(part) are not all there")
    default: throw ImagingError.damaged(.tiff, reason: "\(part) has a code that means nothing")
    }
  }

  /// Ends a part whose rows were read; true if it has more than these. Throws `ImagingError` if deflate's checksum is wrong or missing.
  func finish() throws -> Bool {
    guard packing == .deflate else { return false }
    switch inflated == .hasOutput ? try inflate.end() : inflated {
    case .ended: return false
    case .hasOutput: return true
    case .needsInput: throw ImagingError.truncated(.tiff, reason: "the checksum of \(part) is missing")
    case .endedWithWrongChecksum: throw ImagingError.damaged(.tiff, reason: "the checksum of \(part) is wrong")
    }
  }
}
