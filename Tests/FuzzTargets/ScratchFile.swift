import Foundation

/// A file without a name, for parsers that open a path; gone with its owner.
///
/// Opening its path gives a file description of its own, as any file does.
final class ScratchFile {
  private let descriptor: Int32
  /// A path that opens the file while this lives.
  let path: String

  /// A file that holds `bytes`.
  init(_ bytes: [UInt8]) throws {
    var name = Array((NSTemporaryDirectory() + "/feeder-fuzz-XXXXXX").utf8CString)
    descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    unlink(name)
    path = "/proc/self/fd/\(descriptor)"
    guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
      throw POSIXError(.ENOSPC)
    }
  }

  deinit { close(descriptor) }
}
