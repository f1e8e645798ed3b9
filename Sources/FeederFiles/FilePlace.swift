import Foundation

/// The target of a path before anything is written there, links followed.
package struct FilePlace {
  /// The kind of the target.
  package enum Kind: Equatable {
    /// Nothing; the folder exists.
    case missing
    /// A plain file.
    case file
    /// A folder.
    case folder
    /// A pipe or a device: bytes are written into it in order. `descriptor` is this process's open descriptor for it,
    /// if there is one.
    case stream(descriptor: Int32?)
    /// A target that cannot be written, such as "a socket".
    case other(String)
  }

  /// The path as it was given.
  package let path: String
  /// The absolute path that a write creates or replaces: the end of all links.
  package let target: String
  /// The kind of the target.
  package let kind: Kind
  /// The identity of the target; nil if there is none.
  package let identity: FileIdentity?
  let status: stat

  /// Looks at `path`. Throws `FileError`, which calls the file `name`, if `path` is empty, or if a folder or link on
  /// the way to it is broken.
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

  /// True if standard output goes to this target and somebody may read it: a second document there would mix with it.
  package var isStandardOutput: Bool {
    guard let identity, identity == FileIdentity(descriptor: STDOUT_FILENO) else { return false }
    return status.st_mode & S_IFMT != S_IFCHR || isatty(STDOUT_FILENO) == 1
  }

  /// The target of `path` if its last link leads to nothing. Nil, with errno, if a folder on the way is missing.
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

  /// The folder of a path and the name in it. The name is empty after a trailing slash.
  static func parts(_ path: String) -> (folder: String, name: String) {
    // Searches bytes, because a slash and a combining mark after it form one character.
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

  /// This process's open descriptor that `path` names, as /dev/stdout, /dev/fd/3 and links to them do.
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

  /// The standard stream that goes to the same file. The shell holds that file open, so a rename onto its name would
  /// separate the two.
  private static func standardStream(_ identity: FileIdentity) -> Int32? {
    [STDOUT_FILENO, STDERR_FILENO].first { FileIdentity(descriptor: $0) == identity }
  }
}
