import Foundation

/// Names on the disk: until its folder is synced, a power cut may take a new name away and undo a rename.
package enum FolderSync {
  /// Waits until the names in the folder at `path` are on the disk. False where the disk fails, with errno. A folder that may not be
  /// read, or whose file system knows no such call, is no failure: there the names wait for the system.
  package static func wait(_ path: String) -> Bool {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if folder >= 0 { close(folder) } }
    if folder >= 0, fsync(folder) == 0 { return true }
    return [EACCES, EINVAL, ENOTSUP, EROFS].contains(errno)
  }
}
