import CISAL
import FeederImaging

/// Unpacks zlib streams (RFC 1950) with one state of ISA-L that is used again and again, straight into memory of the caller. What comes out
/// is bounded by that memory, whatever the stream says.
///
/// ISA-L checks the stream's Adler-32 unless that is turned off. It never tells here how much of the input is left: before 2.32.1 it may take up to 8 bytes behind
/// the stream's end.
final class Inflate {
  /// How a stream goes on.
  enum State {
    /// All input is used up.
    case needsInput
    /// The memory is full.
    case hasOutput
    /// The stream has ended, and its checksum is right.
    case ended
    /// The stream has ended, and its checksum is wrong; every byte came out.
    case endedWithWrongChecksum
  }

  private let state: UnsafeMutablePointer<inflate_state>
  private let format: ImageFormat

  /// Makes the state, 90 KiB. Errors name `format`.
  init(_ format: ImageFormat) {
    self.format = format
    state = .allocate(capacity: 1)
    state.initialize(to: inflate_state())
  }

  deinit { state.deallocate() }

  /// Unpacks all of `stream` into `output`, in one call. Throws `ImagingError.damaged` or `.truncated` unless the stream is sound and has at
  /// least so many bytes; returns true if it has exactly these.
  func unpack(_ stream: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws -> Bool {
    start(stream)
    let (count, result) = try read(into: output)
    switch result {
    case .endedWithWrongChecksum: throw ImagingError.damaged(format, reason: "the checksum of its packed data is wrong")
    case .needsInput, .ended:
      guard count == output.count else { throw short(of: output.count - count) }
      return result == .ended
    case .hasOutput: return try end() == .ended
    }
  }

  /// Begins a stream; `input` is its beginning, or all of it, and stays borrowed until it is used up.
  func start(_ input: UnsafeRawBufferPointer) {
    isal_inflate_init(state)
    state.pointee.crc_flag = UInt32(ISAL_ZLIB)
    feed(input)
  }

  /// Begins a stream whose container has checksums of its own, so that its Adler-32 is not looked at. `header` is its first two bytes, `input` what
  /// follows.
  func startUnchecked(header: (UInt8, UInt8), _ input: UnsafeRawBufferPointer) throws {
    // Deflate, a window of at most 32 KiB, no dictionary, and a multiple of 31.
    guard header.0 & 15 == 8, header.0 >> 4 <= 7, (Int(header.0) << 8 | Int(header.1)) % 31 == 0, header.1 & 32 == 0
    else { throw damaged("the zlib header is wrong") }
    isal_inflate_init(state)
    feed(input)
  }

  /// The next part of the stream, once `read` says `.needsInput`.
  func feed(_ input: UnsafeRawBufferPointer) {
    precondition(input.count <= Int32.max, "a file has at most 256 MiB")
    // ISA-L does not write to its input.
    state.pointee.next_in = UnsafeMutablePointer(mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
    state.pointee.avail_in = UInt32(input.count)
  }

  /// Fills `output` as far as the input goes; gives the bytes that were written. Throws `ImagingError.damaged`.
  func read(into output: UnsafeMutableRawBufferPointer) throws -> (count: Int, state: State) {
    var done = 0
    while true {
      let count = min(output.count - done, 1 << 30)
      state.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress.map { $0 + done }
      state.pointee.avail_out = UInt32(count)
      let result = isal_inflate(state)
      done += count - Int(state.pointee.avail_out)
      switch result {
      case ISAL_DECOMP_OK: break
      case ISAL_INCORRECT_CHECKSUM: return (done, .endedWithWrongChecksum)
      case ISAL_NEED_DICT: throw damaged("it asks for a dictionary")
      case ISAL_INVALID_WRAPPER, ISAL_UNSUPPORTED_METHOD: throw damaged("the zlib header is wrong")
      case ISAL_INVALID_LOOKBACK: throw damaged("a copy from before the beginning")
      default: throw damaged("no such code")
      }
      if state.pointee.block_state == ISAL_BLOCK_FINISH { return (done, .ended) }
      if done == output.count { return (done, .hasOutput) }
      if state.pointee.avail_in == 0 { return (done, .needsInput) }
    }
  }

  /// How the stream goes on behind bytes that fill the output exactly: `.hasOutput` if there are more.
  func end() throws -> State {
    try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) { spare in
      let (count, state) = try read(into: spare)
      return count > 0 ? .hasOutput : state
    }
  }

  /// Why a stream that ended early is refused.
  func short(of count: Int) -> ImagingError {
    .truncated(format, reason: "its packed data end \(count) bytes early")
  }

  private func damaged(_ reason: String) -> ImagingError { .damaged(format, reason: "its packed data: \(reason)") }
}
