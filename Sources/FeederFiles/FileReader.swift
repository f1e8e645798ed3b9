import Foundation

/// Reads plain files: the one way in which the bytes of a whole file enter the process.
///
/// It never waits for another process, as the open of a pipe would, and it allocates nothing before the size is checked.
package enum FileReader {
  /// The reason why a file is not read.
  package enum Failure: Error, Equatable {
    /// The system refused to do `operation`, "open it" or "read it", with this errno.
    case system(operation: String, code: Int32)
    /// The path leads to a folder, a pipe or a device.
    case notRegular
    /// The file is larger than the limit.
    case tooLarge(byteCount: Int)
  }

  /// Reads the file at `path`, or its first `prefix` bytes, into the memory that `buffer` gives for that number of bytes. A file
  /// of more than `limit` bytes is refused. Returns the bytes, fewer if the file shrinks meanwhile, and the status of the open file.
  package static func read(
    _ path: String, limit: Int, prefix: Int = .max, into buffer: (Int) -> UnsafeMutableRawBufferPointer
  ) throws(Failure) -> (bytes: UnsafeRawBufferPointer, status: stat) {
    let (file, status) = try open(path, limit: limit)
    defer { close(file) }
    let target = buffer(min(Int(status.st_size), prefix))
    let count = try fill(target, from: file)
    return (UnsafeRawBufferPointer(rebasing: target[..<count]), status)
  }

  /// The bytes of the file at `path`, at most `limit`. Throws `Failure`.
  package static func bytes(of path: String, limit: Int) throws(Failure) -> [UInt8] {
    let (file, status) = try open(path, limit: limit)
    defer { close(file) }
    // Of nothing, the initializer below writes a count into the empty array that all threads share: a data race.
    guard status.st_size > 0 else { return [] }
    var result = Result<Int, Failure>.success(0)
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, filled in
      result = Result { () throws(Failure) in try fill(UnsafeMutableRawBufferPointer(buffer), from: file) }
      filled = (try? result.get()) ?? 0
    }
    _ = try result.get()
    return bytes
  }

  /// The first bytes of the file at `path`, at most `byteCount`; none if it cannot be read.
  package static func start(of path: String, byteCount: Int) -> [UInt8] {
    var start = [UInt8](repeating: 0, count: byteCount)
    let count = start.withUnsafeMutableBytes { target in
      (try? read(path, limit: .max, prefix: byteCount) { UnsafeMutableRawBufferPointer(rebasing: target[..<$0]) })?
        .bytes.count
    }
    return Array(start.prefix(count ?? 0))
  }

  private static func open(_ path: String, limit: Int) throws(Failure) -> (file: Int32, status: stat) {
    let file = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw .system(operation: "open it", code: errno) }
    var status = stat()
    let failure: Failure? =
      if fstat(file, &status) != 0 {
        .system(operation: "look at it", code: errno)
      } else if status.st_mode & S_IFMT != S_IFREG {
        .notRegular
      } else if Int(status.st_size) > limit {
        .tooLarge(byteCount: Int(status.st_size))
      } else {
        nil
      }
    guard let failure else { return (file, status) }
    close(file)
    throw failure
  }

  /// Fills `target` from the start of the open file; returns the bytes read, fewer only at the end of the file.
  private static func fill(_ target: UnsafeMutableRawBufferPointer, from file: Int32) throws(Failure) -> Int {
    var done = 0
    while done < target.count, let base = target.baseAddress {
      let count = pread(file, base + done, target.count - done, off_t(done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(operation: "read it", code: errno) }
      if count == 0 { break }
      done += count
    }
    return done
  }
}
