import Foundation

/// Links whose target is missing: the images of a prepared data set were moved, or a drive is not mounted.
package enum DeadLink {
  /// The fault of `path` as a predicate, "is a link to ..., which is gone; ...". Nil if `path` is no link, or if its
  /// target exists.
  package static func problem(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) != 0, errno == ENOENT, lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK
    else {
      return nil
    }
    let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? "another place"
    return
      "is a link to \(target), which is gone; put the file back there, or run 'feeder prepare' on the images where they "
      + "are now"
  }
}
