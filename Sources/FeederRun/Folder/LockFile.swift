import FeederCore
import FeederFiles
import FeederTraining
import Foundation

/// A lock held by one process at a time: a file, on any file system that several machines share.
///
/// A process writes the whole file under its own name and then links it to the lock's name, which fails if the lock is
/// taken. If a lock's holder is gone, another process takes over in two steps. First it makes the file
/// `LOCK.after-TOKEN` in the same way; TOKEN is the token of the abandoned lock, so only one process gets it. Then, if
/// the lock is still the abandoned one, it renames that file to the lock's name. So exactly one of several processes
/// takes over.
struct LockFile {
  /// The times of the heartbeats in seconds: `beat` between two of them, `look` between looks at another holder.
  struct Pace: Sendable {
    var beat = 5.0
    var look = 0.5
    /// Seconds without a heartbeat after which a holder that cannot be seen from here counts as gone.
    var silence = 60.0
  }

  let path: String
  let holder: LockHolder
  let pace: Pace

  private var ownPath: String { "\(path).\(holder.pid)-\(holder.token)" }

  /// Takes the lock. `note` gets a line about an abandoned lock. Throws `TrainingError.runFolder` if another process
  /// holds the lock or if the file cannot be made.
  func take(note: (String) -> Void) throws {
    try write(ownPath)
    defer { unlink(ownPath) }
    try take(path, note)
    removeLeftovers()
  }

  private func take(_ path: String, _ note: (String) -> Void) throws {
    while true {
      if try link(to: path) { return }
      guard let seen = try Self.read(path) else { continue }  // released meanwhile
      guard try isLeft(seen, at: path, note) else { continue }
      let guardPath = "\(path).after-\(seen.token)"
      try take(guardPath, note)
      guard try Self.read(path)?.token == seen.token else {
        unlink(guardPath)  // another process took over first
        continue
      }
      guard rename(guardPath, path) == 0 else { throw Self.failure(path) }
      note(
        "\(Self.folder(of: path)): \(seen.holder?.words ?? "a process") ended without releasing this run; this process takes over"
      )
      return
    }
  }

  /// True if the holder of the lock at `path` is gone; false if the lock changed hands. Throws if the holder lives.
  private func isLeft(_ seen: Seen, at path: String, _ note: (String) -> Void) throws -> Bool {
    if seen.isForeign {
      throw RunFolderError(
        "\(path)", "is not a lock file of Feeder, and nothing is written over it; move it away")
    }
    switch seen.holder?.life ?? .cannotBeSeen {
    case .isGone: return true
    case .lives: throw Self.refusal(path, seen)
    case .cannotBeSeen: break
    }
    let words = seen.holder?.words ?? "a process without a name"
    note(
      "\(Self.folder(of: path)): waits up to \(Int(pace.silence)) s for a sign of \(words), the last to train in it")
    let end = ContinuousClock.now + .seconds(pace.silence)
    while ContinuousClock.now < end {
      Thread.sleep(forTimeInterval: pace.look)
      guard let now = try Self.read(path), now.token == seen.token else { return false }
      if now.bytes != seen.bytes { throw Self.refusal(path, seen) }
    }
    return true
  }

  /// Writes a heartbeat. False if the lock is no longer this holder's.
  func beat(_ count: Int) -> Bool {
    let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      guard errno == ENOENT, FileManager.default.fileExists(atPath: Self.folder(of: path)) else { return true }
      // A user removed the file. If another process has made a new one since, that process holds the lock.
      guard (try? write(ownPath)) != nil else { return true }
      defer { unlink(ownPath) }
      return (try? link(to: path)) ?? true
    }
    // On a network drive, closing sends the bytes to the server.
    defer { close(descriptor) }
    guard let seen = Self.read(descriptor) else { return true }
    guard seen.token == holder.token else { return false }
    let bytes = Array(holder.text(beat: count).utf8)
    _ = pwrite(descriptor, bytes, bytes.count, 0)
    return true
  }

  /// Releases the lock.
  func release() {
    if let seen = try? Self.read(path), seen.token == holder.token { unlink(path) }
  }

  // MARK: - Files

  /// The contents of a lock file.
  struct Seen {
    let bytes: [UInt8]
    /// Nil if the file is not a lock file of Feeder, or is being written.
    let holder: LockHolder?
    let token: String

    /// True if the text is not a lock file: neither whole, nor cut off, nor all zeros after a power cut.
    var isForeign: Bool {
      let title = Array(LockHolder.title.utf8)
      return holder == nil && !bytes.starts(with: title) && !title.starts(with: bytes) && !bytes.allSatisfy { $0 == 0 }
    }

    fileprivate init(_ bytes: [UInt8]) {
      self.bytes = bytes
      holder = LockHolder(String(decoding: bytes, as: UTF8.self))
      token = holder?.token ?? "x" + String(Checksum.xxh64(bytes), radix: 16)
    }
  }

  /// The lock at `path`; nil if there is none. Throws if the file cannot be read.
  static func read(_ path: String) throws -> Seen? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure(path)
    }
    defer { close(descriptor) }
    guard let seen = read(descriptor) else { throw failure(path) }
    return seen
  }

  private static func read(_ descriptor: Int32) -> Seen? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return count < 0 ? nil : Seen(Array(bytes[..<count]))
  }

  private func write(_ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(self.path) }
    let bytes = Array(holder.text(beat: 0).utf8)
    let count = Foundation.write(descriptor, bytes, bytes.count)
    if count >= 0, count < bytes.count { errno = ENOSPC }
    guard count == bytes.count else {
      let error = Self.failure(self.path)
      close(descriptor)
      unlink(path)
      throw error
    }
    guard close(descriptor) == 0 else { throw Self.failure(self.path) }
  }

  /// Links this process's file to the name `path`; false if that is taken.
  private func link(to path: String) throws -> Bool {
    if Foundation.link(ownPath, path) == 0 { return true }
    let code = errno
    // A network drive may lose the reply and send the request again, so the link may be ours.
    var status = stat()
    if stat(ownPath, &status) == 0, let seen = try Self.read(path), seen.token == holder.token { return true }
    if code == EEXIST { return false }
    guard [EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK].contains(code) else {
      errno = code
      throw Self.failure(path)
    }
    // The file system has no hard links.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      if errno == EEXIST { return false }
      throw Self.failure(path)
    }
    close(descriptor)
    try write(path)
    return true
  }

  /// Removes files of processes that were killed while they took the lock.
  private func removeLeftovers() {
    let folder = Self.folder(of: path)
    let name = URL(filePath: path).lastPathComponent + "."
    for other in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where other.hasPrefix(name) {
      guard Self.isOwnEnding(other.dropFirst(name.count)) else { continue }
      let path = folder + "/" + other
      guard let seen = (try? Self.read(path)) ?? nil else { continue }
      if seen.holder.map({ $0.life == .isGone }) ?? true { unlink(path) }
    }
  }

  /// True for the endings that `ownPath` and takeovers add to the lock's name. Other files are a user's copies.
  private static func isOwnEnding(_ ending: Substring) -> Bool {
    ending.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      let words = part.split(separator: "-", omittingEmptySubsequences: false)
      return words.count == 2 && (words[0] == "after" || Int32(words[0]) != nil)
        && words[1].allSatisfy { $0.isHexDigit || $0 == "x" }
    }
  }

  static func folder(of path: String) -> String { URL(filePath: path).deletingLastPathComponent().path }

  static func refusal(_ path: String, _ seen: Seen) -> RunFolderError {
    let words = seen.holder?.words ?? "a process without a name"
    return RunFolderError(
      "\(folder(of: path))",
      "another process is training in it (\(words)); wait until it has ended, or stop it")
  }

  private static func failure(_ path: String) -> RunFolderError {
    RunFolderError("\(path)", "the lock of the run cannot be made or read (\(FreeSpace.reason(path)))")
  }
}
