import FeederCore
import FeederFiles
import FeederTorch
import Foundation

/// Writes named tensors as one safetensors file with a checksum (`WeightsChecksum`). The old file stays until the new one is whole and
/// on disk: temporary file in the same folder, fsync, rename, fsync of the folder. Links are followed and stay. The same tensors and
/// metadata give the same bytes.
package enum WeightsWriter {
  /// Recognises weights that Feeder wrote, complete or cut: their header begins with a text that no other program writes.
  package static let signature = FileSignature { glance in
    func holds(_ text: String) -> Bool { Data(glance.head).firstRange(of: Data(text.utf8)) != nil }
    return glance.holds("{\"__metadata__\":{".utf8, at: 8)
      && (holds("\"format\":\"feeder\"") || holds("\"\(WeightsChecksum.key)\":\""))
  }

  /// The end of all links from `path`. Throws `WeightsError.occupied` if a file lies there that Feeder did not write.
  package static func target(of path: String) throws -> String {
    // If its folder is gone, `write` fails with a better reason.
    guard let place = try? FilePlace(path) else { return path }
    let isOwn =
      switch place.kind {
      case .missing: true
      case .file: signature.mayReplace(place.target)
      case .folder, .stream, .other: false
      }
    guard isOwn else {
      throw WeightsError.occupied(
        path: path,
        reason: place.kind == .folder
          ? "is a folder, not a weights file; move it away, then try again"
          : "holds no weights of this program, and nothing is written over it; move it away, then try again")
    }
    return place.target
  }

  /// Writes `tensors`, in the order given, to the file `name`. The file that was there becomes `previous`, if that is given. Throws
  /// `WeightsError`; the old file then stays.
  package static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String], to name: String, previous: String? = nil
  ) throws {
    let path = try target(of: name)
    let previous = try previous.map(target)
    var header = Safetensors.header(
      tensors.map { (name: $0.name, type: $0.tensor.type.stored, shape: $0.tensor.shape) },
      metadata: metadata.merging([WeightsChecksum.key: WeightsChecksum.noDigits]) { $1 })
    var sum = WeightsChecksum()
    header.withUnsafeBytes { sum.add($0) }
    let temporary = UnfinishedFiles.path(beside: path)
    let descriptor = UnfinishedFiles.create(temporary, mode: 0o644)
    guard descriptor >= 0 else { throw failure(path) }
    do {
      try checkSpace(
        header.count + tensors.reduce(0) { $0 + $1.tensor.count * $1.tensor.type.byteCount }, path)
      var waiting = Data(header)
      for (_, tensor) in tensors {
        var bytes = Data(count: tensor.count * tensor.type.byteCount)
        try bytes.withUnsafeMutableBytes { try tensor.copy(to: $0) }
        if !bytes.isEmpty { bytes.withUnsafeBytes { sum.add($0) } }
        waiting.append(bytes)
        guard waiting.count >= chunkByteCount else { continue }
        try writeAll(waiting, to: descriptor, path)
        waiting.removeAll(keepingCapacity: true)
      }
      try writeAll(waiting, to: descriptor, path)
      guard let place = WeightsChecksum.place(in: header) else { preconditionFailure("the header has the key") }
      header.replaceSubrange(place, with: sum.digits.utf8)
      guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw failure(path) }
      try writeAll(Data(header), to: descriptor, path)
      guard fsync(descriptor) == 0 else { throw failure(path) }
    } catch {
      close(descriptor)
      UnfinishedFiles.discard(temporary)
      throw error
    }
    guard close(descriptor) == 0, keep(path, as: previous),
      UnfinishedFiles.finish(temporary, { rename(temporary, path) == 0 })
    else {
      let error = failure(path)
      UnfinishedFiles.discard(temporary)
      throw error
    }
    for folder in Set([path, previous ?? path].map { ($0 as NSString).deletingLastPathComponent }) {
      guard FolderSync.wait(folder) else { throw failure(path) }
    }
  }

  /// The bytes of such a file, for a place that is checked by `OutputFile`. Throws `EngineError` if a tensor cannot be read.
  package static func data(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String]) throws -> Data {
    let header = Safetensors.header(
      tensors.map { (name: $0.name, type: $0.tensor.type.stored, shape: $0.tensor.shape) },
      metadata: metadata.merging([WeightsChecksum.key: WeightsChecksum.noDigits]) { $1 })
    var sum = WeightsChecksum()
    header.withUnsafeBytes { sum.add($0) }
    var data = Data(header)
    for (_, tensor) in tensors {
      var bytes = Data(count: tensor.count * tensor.type.byteCount)
      try bytes.withUnsafeMutableBytes { try tensor.copy(to: $0) }
      if !bytes.isEmpty { bytes.withUnsafeBytes { sum.add($0) } }
      data.append(bytes)
    }
    guard let place = WeightsChecksum.place(in: header) else { preconditionFailure("the header has the key") }
    data.replaceSubrange(place, with: sum.digits.utf8)
    return data
  }

  /// Gives the file at `path` the name `previous` too, so that it survives the next file. On a file system without hard links it gets
  /// this name alone. The old `previous` keeps its name until then: after a kill one of both is there. True if that worked, or if
  /// there is nothing to keep.
  private static func keep(_ path: String, as previous: String?) -> Bool {
    guard let previous, access(path, F_OK) == 0 else { return true }
    let second = UnfinishedFiles.path(beside: previous)
    defer { unlink(second) }  // rename(2) leaves it if both are names of one file
    if link(path, second) == 0, rename(second, previous) == 0 { return true }
    // A link may lead to another disk.
    if errno == EXDEV { return copy(path, to: second) && rename(second, previous) == 0 }
    return rename(path, previous) == 0
  }

  /// Copies a file onto the disk; false with errno.
  private static func copy(_ path: String, to copy: String) -> Bool {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { return false }
    let descriptor = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return false }
    let isWritten = FileWriter.pour(data, into: descriptor) && fsync(descriptor) == 0
    return close(descriptor) == 0 && isWritten
  }

  /// Throws `WeightsError.write` if the file system of `path` has fewer bytes free. If it does not say, the write itself fails.
  private static func checkSpace(_ needed: Int, _ path: String) throws {
    guard let free = FreeSpace.byteCount(at: path), free < needed else { return }
    throw WeightsError.write(
      path: path,
      reason:
        "it needs \(ByteCount(needed)) (\(needed) bytes), and \(ByteCount(free)) (\(free) bytes) are free")
  }

  /// Tensors are collected up to this many bytes and written together: a network has hundreds of small ones.
  private static let chunkByteCount = 4 << 20

  private static func writeAll(_ data: Data, to descriptor: Int32, _ path: String) throws {
    guard FileWriter.pour(data, into: descriptor) else { throw failure(path) }
  }

  private static func failure(_ path: String) -> WeightsError {
    .write(path: path, reason: FreeSpace.reason(path))
  }
}
