import FeederCore
import Foundation

/// Writes files: the one way for results to reach a disk, a pipe or a device.
///
/// It follows links and keeps them. It writes a plain file under a temporary name and renames it, so a reader sees the
/// old bytes or the new ones. It writes into a pipe or device and never renames over it or removes it.
package enum FileWriter {
  /// The way for a new file to get its name.
  private enum Naming {
    /// Replaces a file of that name.
    case replacing
    /// Fails if the name is taken.
    case exclusive
  }

  /// Writes `data` as the file at `path`, whole or not at all, and replaces the present file; for files that belong to
  /// the caller.
  ///
  /// If `isDurable`, returns only when the bytes and the name are on the disk. Throws `FileError`, which calls the file
  /// `name`, if the file cannot be written.
  package static func replace(
    _ data: Data, at path: String, called name: String? = nil, isDurable: Bool = true
  ) throws(FileError) {
    let name = name ?? path
    let place = try FilePlace(path, called: name)
    switch place.kind {
    case .missing, .file: _ = try write(data, to: place, name, .replacing, isDurable: isDurable)
    case .stream(let own): try stream(data, to: place, own, name)
    case .folder: throw FileError(name, "cannot be written (it is a folder)")
    case .other(let what): throw FileError(name, "cannot be written (it is \(what))")
    }
  }

  /// Writes `data` as a new file at `path`, whole or not at all. False, with nothing changed, if the name is taken. If
  /// `isDurable`, returns only when the bytes and the name are on the disk. Throws `FileError`, which calls the file
  /// `name`, if the file cannot be written.
  package static func create(
    _ data: Data, at path: String, called name: String? = nil, isDurable: Bool = true
  ) throws(FileError) -> Bool {
    let name = name ?? path
    let place = try FilePlace(path, called: name)
    guard place.kind == .missing else { return false }
    return try write(data, to: place, name, .exclusive, isDurable: isDurable)
  }

  /// Throws `FileError` unless a file can be created beside `place` and renamed onto it.
  static func probe(_ place: FilePlace, called name: String) throws(FileError) {
    if place.kind == .file, place.status.st_mode & 0o222 == 0 || access(place.target, W_OK) != 0 {
      throw FileError(name, "cannot be written (it is read-only)")
    }
    let temporary = UnfinishedFiles.path(beside: place.target)
    let descriptor = UnfinishedFiles.create(temporary)
    guard descriptor >= 0 else { throw .system(name, place.target) }
    close(descriptor)
    UnfinishedFiles.discard(temporary)
  }

  // MARK: - Plain files

  private static func write(
    _ data: Data, to place: FilePlace, _ name: String, _ naming: Naming, isDurable: Bool
  ) throws(FileError) -> Bool {
    let temporary = UnfinishedFiles.path(beside: place.target)
    let descriptor = UnfinishedFiles.create(temporary)
    guard descriptor >= 0 else { throw .system(name, place.target) }
    if place.kind == .file {  // the new file keeps the old one's mode and, if permitted, its owner
      fchmod(descriptor, place.status.st_mode & 0o7777)
      _ = fchown(descriptor, place.status.st_uid, place.status.st_gid)
    }
    let isWritten = pour(data, into: descriptor) && (!isDurable || fsync(descriptor) == 0)
    let code = errno
    guard close(descriptor) == 0, isWritten else {
      let failure = FileError.system(name, place.target, code: isWritten ? errno : code)
      UnfinishedFiles.discard(temporary)
      throw failure
    }
    guard UnfinishedFiles.finish(temporary, { give(temporary, place.target, naming) }) else {
      let code = errno
      UnfinishedFiles.discard(temporary)
      if naming == .exclusive, code == EEXIST { return false }
      throw .system(name, place.target, code: code)
    }
    if isDurable, !FolderSync.wait(FilePlace.parts(place.target).folder) { throw .system(name, place.target) }
    return true
  }

  /// Gives the file `temporary` its final name. False, with errno, if that fails.
  private static func give(_ temporary: String, _ target: String, _ naming: Naming) -> Bool {
    if naming == .replacing { return rename(temporary, target) == 0 }
    // Unlike rename(2), link(2) never replaces a file.
    if link(temporary, target) == 0 {
      unlink(temporary)
      return true
    }
    guard ![EEXIST, ENOSPC, EDQUOT, EIO, EROFS].contains(errno) else { return false }
    // This file system has no hard links.
    var status = stat()
    guard lstat(target, &status) != 0 else {
      errno = EEXIST
      return false
    }
    return rename(temporary, target) == 0
  }

  // MARK: - Pipes and devices

  /// Opens the pipe or device at `place`; the caller closes the descriptor. Waits for the reader of a named pipe. `own`
  /// is this process's descriptor for it, if there is one. Throws `FileError` if it cannot be written.
  static func open(_ place: FilePlace, _ own: Int32?, called name: String) throws(FileError) -> Int32 {
    guard let own else {
      let descriptor = Foundation.open(place.path, O_WRONLY | O_NOCTTY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .stream(name) }
      return descriptor
    }
    // A copy of the own descriptor keeps its position; a newly opened one would start at 0.
    let mode = fcntl(own, F_GETFL)
    guard mode >= 0, mode & O_ACCMODE != O_RDONLY else {
      throw FileError(name, "cannot be written (it is open to be read)")
    }
    let descriptor = fcntl(own, F_DUPFD_CLOEXEC, 3)
    guard descriptor >= 0 else { throw .stream(name) }
    return descriptor
  }

  private static func stream(_ data: Data, to place: FilePlace, _ own: Int32?, _ name: String) throws(FileError) {
    let descriptor = try open(place, own, called: name)
    defer { close(descriptor) }
    guard pour(data, into: descriptor) else { throw .stream(name) }
  }

  /// Writes all of `bytes` at `offset` of an open file. False, with errno, if that fails.
  package static func pour(_ bytes: UnsafeRawBufferPointer, into descriptor: Int32, offset: Int) -> Bool {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let count = pwrite(descriptor, base + done, bytes.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// Writes all of `data` at the descriptor's position. False, with errno, if that fails.
  package static func pour(_ data: Data, into descriptor: Int32) -> Bool {
    data.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN {  // another process has set the pipe to non-blocking
          var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&ready, 1, -1)
          continue
        }
        guard count > 0 else { return false }
        done += count
      }
      return true
    }
  }
}
