import Foundation

/// Makes new names in folders durable: until a folder is synced, a power cut may undo its new names and renames.
package enum FolderSync {
  /// Waits until the names in the folder at `path` are on the disk. False, with errno, if the disk fails. True if the
  /// folder may not be read, or if its file system has no such call; then the system writes the names later.
  package static func wait(_ path: String) -> Bool {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if folder >= 0 { close(folder) } }
    if folder >= 0, fsync(folder) == 0 { return true }
    return [EACCES, EINVAL, ENOTSUP, EROFS].contains(errno)
  }
}
