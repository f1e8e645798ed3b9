import Foundation

/// What a path leads to, links followed, before anything is written there.
package struct FilePlace {
  /// What is there.
  package enum Kind: Equatable {
    /// Nothing; its folder is there.
    case missing
    /// A plain file.
    case file
    /// A folder.
    case folder
    /// A pipe or a device: bytes are written into it one after another. An open descriptor of this process, if it is one.
    case stream(descriptor: Int32?)
    /// Something that no result is written to, in words.
    case other(String)
  }

  /// The path as it was given.
  package let path: String
  /// The absolute path that a write makes or replaces: the end of all links.
  package let target: String
  package let kind: Kind
  /// Which file it is; nil if there is none.
  package let identity: FileIdentity?
  let status: stat

  /// Looks at `path`. Throws `FileError` under the name `called` where the way there is broken.
  package init(_ path: String, called name: String? = nil) throws(FileError) {
    let name = name ?? path
    self.path = path
    guard !path.isEmpty else { throw FileError("'\(name)'", "name a file") }
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT, let target = Self.end(ofLinksFrom: path) else {
        throw FileError(name, "cannot be written (\(String(cString: strerror(errno))))")
      }
      (self.target, kind, identity, self.status) = (target, .missing, nil, status)
      return
    }
    let identity = FileIdentity(status)
    target = Self.real(path) ?? path
    self.identity = identity
    self.status = status
    let type = status.st_mode & S_IFMT
    let own = Self.descriptor(path) ?? Self.standardStream(identity)
    switch type {
    case S_IFREG: kind = own.map { .stream(descriptor: $0) } ?? .file
    case S_IFDIR: kind = .folder
    case S_IFIFO, S_IFCHR: kind = .stream(descriptor: own)
    case S_IFSOCK: kind = own.map { .stream(descriptor: $0) } ?? .other("a socket")
    case S_IFBLK: kind = .other("a disk")
    default: kind = .other("no file")
    }
  }

  /// True if this is where the command's own output goes, and not only swallowed: a second document there would be mixed with it.
  package var isStandardOutput: Bool {
    guard let identity, identity == FileIdentity(descriptor: STDOUT_FILENO) else { return false }
    return status.st_mode & S_IFMT != S_IFCHR || isatty(STDOUT_FILENO) == 1
  }

  /// The path that `path` leads to where its last link points to nothing; nil if a folder on the way is missing, with errno.
  private static func end(ofLinksFrom path: String) -> String? {
    var path = path
    for _ in 0..<40 {
      let (parent, name) = parts(path)
      guard !name.isEmpty, let folder = real(parent) else {
        errno = ENOENT
        return nil
      }
      let place = folder == "/" ? "/" + name : folder + "/" + name
      guard let link = link(place) else { return place }
      path = link.hasPrefix("/") ? link : folder + "/" + link
    }
    errno = ELOOP
    return nil
  }

  /// The folder of a path and the name in it; no name behind a last slash.
  static func parts(_ path: String) -> (folder: String, name: String) {
    // By bytes: a slash and a combining mark behind it are one character.
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let folder = String(path[..<slash])
    return (folder.isEmpty ? "/" : folder, String(decoding: path.utf8[slash...].dropFirst(), as: UTF8.self))
  }

  private static func link(_ path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func real(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  /// The open descriptor of this process that `path` names, as /dev/stdout, /dev/fd/3 and links to them do.
  private static func descriptor(_ path: String) -> Int32? {
    guard let own = real("/proc/self/fd") else { return nil }
    var path = path
    for _ in 0..<40 {
      let (parent, name) = parts(path)
      guard let folder = real(parent) else { return nil }
      if folder == own { return Int32(name) }
      guard let link = link(folder + "/" + name) else { return nil }
      path = link.hasPrefix("/") ? link : folder + "/" + link
    }
    return nil
  }

  /// The standard stream that goes to the same file: the shell holds it open, so a file renamed onto its name would part from it.
  private static func standardStream(_ identity: FileIdentity) -> Int32? {
    [STDOUT_FILENO, STDERR_FILENO].first { FileIdentity(descriptor: $0) == identity }
  }
}
