import FeederCore
import FeederTorch
import Foundation

/// Writes named tensors as one safetensors file. The old file stays until the new one is whole and on disk: temporary file in
/// the same folder, fsync, rename, fsync of the folder. The same tensors and metadata give the same bytes.
package enum WeightsWriter {
  /// Writes `tensors`, in the order given, to `path`. Throws `TrainingError.write`; then nothing has changed.
  package static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String], to path: String
  ) throws {
    let header = Safetensors.header(
      tensors.map { (name: $0.name, type: $0.tensor.type.stored, shape: $0.tensor.shape) }, metadata: metadata)
    let temporary = path + ".partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path) }
    do {
      try writeAll(header.withUnsafeBytes { Data($0) }, to: descriptor, path)
      for (_, tensor) in tensors {
        var bytes = Data(count: tensor.count * tensor.type.byteCount)
        try bytes.withUnsafeMutableBytes { try tensor.copy(to: $0) }
        try writeAll(bytes, to: descriptor, path)
      }
      guard fsync(descriptor) == 0 else { throw failure(path) }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    guard close(descriptor) == 0, rename(temporary, path) == 0 else {
      let error = failure(path)
      unlink(temporary)
      throw error
    }
    let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

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
    .write(path: path, reason: String(cString: strerror(errno)))
  }
}
