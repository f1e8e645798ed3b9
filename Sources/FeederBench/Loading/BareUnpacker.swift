import CISAL
import FeederImaging

/// What formats without libjpeg cost at least: ISA-L's inflate of a PNG's pixels in one call, and memcpy of any other file.
///
/// No look at a checksum, a filter or a pixel. One a thread.
final class BareUnpacker {
  private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
  private var stream = GrowingBuffer()
  private var pixels = GrowingBuffer()

  init() { state.initialize(to: inflate_state()) }

  deinit { state.deallocate() }

  /// Does the least for `file`; returns the bytes that came out.
  @discardableResult
  func unpack(_ file: UnsafeRawBufferPointer) -> Int {
    guard file.count > 33, file.starts(with: [0x89, 0x50, 0x4E, 0x47]) else {
      pixels.bytes(file.count).copyMemory(from: file)
      return file.count
    }
    let target = pixels.bytes(Self.unpackedByteCount(file))
    let packed = gather(file)
    guard packed.count > 2 else { return 0 }
    isal_inflate_init(state)
    // Behind zlib's header of two bytes.
    state.pointee.next_in = packed.assumingMemoryBound(to: UInt8.self).baseAddress.map { $0 + 2 }
    state.pointee.avail_in = UInt32(packed.count - 2)
    state.pointee.next_out = target.assumingMemoryBound(to: UInt8.self).baseAddress
    state.pointee.avail_out = UInt32(clamping: target.count)
    _ = isal_inflate_stateless(state)
    return Int(state.pointee.total_out)
  }

  /// The pixels' chunks side by side: a hundredth of the work.
  private func gather(_ file: UnsafeRawBufferPointer) -> UnsafeMutableRawBufferPointer {
    let stream = stream.bytes(file.count)
    var count = 0
    var place = 8
    while place + 12 <= file.count {
      let length = Self.number(file, place)
      guard length <= file.count - place - 12 else { break }
      if Self.number(file, place + 4) == 0x4944_4154 {  // IDAT
        UnsafeMutableRawBufferPointer(rebasing: stream[count...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: file[place + 8..<place + 8 + length]))
        count += length
      }
      place += 12 + length
    }
    return UnsafeMutableRawBufferPointer(rebasing: stream[..<count])
  }

  /// Room for the rows with their filters, interlaced or not; the bench reads only files that the codec accepts.
  private static func unpackedByteCount(_ file: UnsafeRawBufferPointer) -> Int {
    let (width, height) = (number(file, 16), number(file, 20))
    return (width * 8 + 15) * (height + 8)
  }

  private static func number(_ file: UnsafeRawBufferPointer, _ place: Int) -> Int {
    (0..<4).reduce(0) { $0 << 8 | Int(file[place + $1]) }
  }
}
