import FeederCore
import Foundation

/// One reference file of FEEDER_FIXTURES: named tensors as arrays of Swift numbers, and the text pairs of its header.
package struct Fixture: Sendable {
  /// The folder of the reference files. Nil if it is missing; then parity tests are skipped with a note.
  package static let folder: URL? = {
    let chosen = ProcessInfo.processInfo.environment["FEEDER_FIXTURES"].flatMap { $0.isEmpty ? nil : $0 }
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let url =
      chosen.map { URL(filePath: $0) } ?? package.appending(path: "../shared/fixtures/parity").standardizedFileURL
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }()

  /// True if the reference files exist: the condition of every parity test.
  package static var isAvailable: Bool { folder != nil }

  /// The note of a skipped parity test.
  package static let absent = "no reference tensors: set FEEDER_FIXTURES to their folder"

  /// The file's name without its ending.
  package let name: String
  /// The text pairs of the header.
  package var metadata: [String: String] { layout.metadata }
  private let data: Data
  private let layout: Safetensors

  /// Opens `NAME.safetensors` in the folder of the reference files. Throws if it is missing or damaged.
  package init(_ name: String) throws {
    guard let folder = Self.folder else { throw CocoaError(.fileNoSuchFile) }
    try self.init(name, folder: folder)
  }

  /// Opens `NAME.safetensors` in `folder`. Throws if it is missing or damaged.
  package init(_ name: String, folder: URL) throws {
    self.name = name
    data = try Data(contentsOf: folder.appending(path: name + ".safetensors"))
    layout = try data.withUnsafeBytes { try Safetensors(file: $0) }
  }

  /// Names of all tensors.
  package var names: [String] { layout.entries.keys.sorted() }

  /// True if the file contains the tensor.
  package func has(_ tensor: String) -> Bool { layout.entries[tensor] != nil }

  /// Extents of a tensor, outermost first. Throws if the file does not contain it.
  package func shape(_ tensor: String) throws -> [Int] { try entry(tensor).shape }

  /// The stored number format of a tensor. Throws if the file does not contain it.
  package func type(_ tensor: String) throws -> Safetensors.ElementType { try entry(tensor).type }

  /// All elements of a tensor in row-major order, converted to Double. Throws if the file does not contain it.
  package func doubles(_ tensor: String) throws -> [Double] {
    let entry = try entry(tensor)
    let count = entry.shape.reduce(1, *)
    return data.withUnsafeBytes { bytes in
      let base = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
      func all<T>(_: T.Type, _ widen: (T) -> Double) -> [Double] {
        (0..<count).map { widen(base.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self)) }
      }
      switch entry.type {
      case .f64: return all(Double.self) { $0 }
      case .f32: return all(Float.self) { Double($0) }
      case .f16: return all(UInt16.self) { Double(Self.widen($0)) }
      case .bf16: return all(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
      case .i64: return all(Int64.self) { Double($0) }
      case .i32: return all(Int32.self) { Double($0) }
      case .i16: return all(Int16.self) { Double($0) }
      case .i8: return all(Int8.self) { Double($0) }
      case .u8, .bool: return all(UInt8.self) { Double($0) }
      }
    }
  }

  /// All elements of a tensor, converted to Float. Throws as `doubles`.
  package func floats(_ tensor: String) throws -> [Float] { try doubles(tensor).map { Float($0) } }

  /// All elements of a tensor, converted to Int. Throws as `doubles`.
  package func ints(_ tensor: String) throws -> [Int] { try doubles(tensor).map { Int($0) } }

  /// The JSON value of a metadata entry. Throws if it is missing or invalid.
  package func json(_ key: String) throws -> Any {
    guard let text = metadata[key] else { throw CocoaError(.coderValueNotFound) }
    return try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
  }

  /// Notes that every value of this file was compared; tools/test counts the notes. Call it last in the test. Throws if
  /// the log FEEDER_PARITY_LOG cannot be written.
  package func noteChecked() throws {
    guard let log = ProcessInfo.processInfo.environment["FEEDER_PARITY_LOG"] else { return }
    let descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
    defer { close(descriptor) }
    let line = Array((name + "\n").utf8)
    guard write(descriptor, line, line.count) == line.count else { throw CocoaError(.fileWriteUnknown) }
  }

  private func entry(_ tensor: String) throws -> Safetensors.Entry {
    guard let entry = layout.entries[tensor] else { throw CocoaError(.coderValueNotFound) }
    return entry
  }

  /// IEEE half precision to single precision, subnormal numbers included.
  private static func widen(_ bits: UInt16) -> Float {
    let sign = UInt32(bits >> 15) << 31
    let exponent = UInt32(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    if exponent == 0 { return (sign == 0 ? 1 : -1) * Float(fraction) * 0x1p-24 }
    if exponent == 31 { return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13) }
    return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
