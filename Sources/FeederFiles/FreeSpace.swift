import FeederCore
import Foundation

/// Free space on disks, and the reasons why writes fail.
package enum FreeSpace {
  /// Bytes that may still be written on the disk of `path`, whose last part need not exist. Nil if the system does not
  /// say.
  package static func byteCount(at path: String) -> Int? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 || statvfs(URL(filePath: path).deletingLastPathComponent().path, &status) == 0
    else { return nil }
    let (bytes, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
      by: Int(clamping: status.f_frsize))
    return overflow ? .max : bytes
  }

  /// The reason why a system call on the file `path` failed, in words. `code` is its errno, by default the latest. The
  /// text names the free bytes if the disk is full, and the limit if the file size limit stopped the write.
  package static func reason(_ path: String, code: Int32 = errno) -> String {
    let reason = String(cString: strerror(code))
    if code == EFBIG {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max) else {
        return reason
      }
      return "\(reason): the file size limit is \(ByteCount(Int(clamping: limit.rlim_cur))) (ulimit -f)"
    }
    guard code == ENOSPC || code == EDQUOT, let free = byteCount(at: path) else { return reason }
    return "\(reason): \(ByteCount(free)) (\(free) bytes) are free"
  }
}
