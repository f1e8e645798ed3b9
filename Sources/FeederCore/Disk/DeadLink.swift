import Foundation

/// Links that lead to nothing any more: a prepared data set whose images were moved, a drive that is not there.
package enum DeadLink {
  /// What is wrong with `path` as a predicate, "is a link to ..., which is gone; ..."; nil if it is no link, or leads to something.
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
