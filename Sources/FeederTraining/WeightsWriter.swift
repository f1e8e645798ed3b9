import FeederCore
import FeederFiles
import FeederTorch
import Foundation

/// Writes named tensors as one safetensors file with a checksum (`WeightsChecksum`). The old file stays until the new one is whole and
/// on disk: temporary file in the same folder, fsync, rename, fsync of the folder. The same tensors and metadata give the same bytes.
package enum WeightsWriter {
  private static let partialEnding = ".partial"

  /// Writes `tensors`, in the order given, to `path`; what was there goes on as `previous`, where that is named. Throws
  /// `TrainingError.write`; then `path` is what it was.
  package static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String], to path: String, previous: String? = nil
  ) throws {
    var header = Safetensors.header(
      tensors.map { (name: $0.name, type: $0.tensor.type.stored, shape: $0.tensor.shape) },
      metadata: metadata.merging([WeightsChecksum.key: WeightsChecksum.noDigits]) { $1 })
    var sum = WeightsChecksum()
    header.withUnsafeBytes { sum.add($0) }
    let temporary = path + partialEnding
    unlink(temporary)  // a kill may have left it
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
    guard FolderSync.wait((path as NSString).deletingLastPathComponent) else { throw failure(path) }
  }

  /// Gives the file at `path` a second name, so that it outlives the next one; on a file system that knows no second names, its only
  /// one. What had that name before keeps it until then: a kill finds either. True where that worked, or there is nothing to keep.
  private static func keep(_ path: String, as previous: String?) -> Bool {
    guard let previous, access(path, F_OK) == 0 else { return true }
    let second = previous + partialEnding
    unlink(second)  // a kill may have left it
    if link(path, second) == 0 {
      defer { unlink(second) }  // rename(2) leaves it where both are names of one file
      if rename(second, previous) == 0 { return true }
    }
    return rename(path, previous) == 0
  }

  /// Throws where the file system of `path` has not as many bytes free; where it does not say, writing shows.
  private static func checkSpace(_ needed: Int, _ path: String) throws {
    guard let free = FreeSpace.byteCount(at: path), free < needed else { return }
    throw TrainingError.write(
      path: path,
      reason:
        "it needs \(ByteCount(needed)) (\(needed) bytes), and \(ByteCount(free)) (\(free) bytes) are free")
  }

  /// Bytes that are written together: a network has hundreds of small tensors.
  private static let chunkByteCount = 4 << 20

  private static func writeAll(_ data: Data, to descriptor: Int32, _ path: String) throws {
    try data.withUnsafeBytes { bytes in
      var offset = 0
      while offset < bytes.count {
        let written = Foundation.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw failure(path) }
        offset += written
      }
    }
  }

  private static func failure(_ path: String) -> TrainingError {
    .write(path: path, reason: FreeSpace.reason(path))
  }
}
