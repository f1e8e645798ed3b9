import FeederCore

/// The bytes of one or more tensors: an entry `data/KEY` of the file.
struct TorchStorage {
  let type: Safetensors.ElementType
  /// Number of elements.
  let count: Int
  /// The bytes in the file.
  let entry: ZipDirectory.Entry

  private static let types: [String: Safetensors.ElementType] = [
    "HalfStorage": .f16, "BFloat16Storage": .bf16, "FloatStorage": .f32, "DoubleStorage": .f64, "LongStorage": .i64,
    "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8, "ByteStorage": .u8, "BoolStorage": .bool,
  ]

  /// The names of all types, in the module `torch`.
  static var names: Set<String> { Set(types.keys) }

  /// The storage of a persistent id: ('storage', type, key, place, number of elements). Throws if it is not formed so, or if the
  /// entry has another size.
  init(
    _ id: PickleArena.ID, _ view: inout PickleView, _ directory: ZipDirectory
  ) throws(CheckpointFault) {
    guard let parts = try view.tuple(id), parts.count == 5, view.text(parts[0]) == "storage",
      let name = view.torchName(parts[1]), let type = Self.types[name], let key = view.text(parts[2]),
      let count = view.int(parts[4])
    else { throw CheckpointFault("is damaged: a storage is not named as torch names it") }
    guard !key.isEmpty, key.utf8.count < 12, key.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let entry = directory.entries["data/" + key]
    else { throw CheckpointFault("has no bytes for the storage '\(key.prefix(40))'") }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
    guard count >= 0, !overflow, byteCount == entry.range.count else {
      throw CheckpointFault(
        "claims \(count) elements of \(type.rawValue) for the storage \(key), which has \(entry.range.count) bytes")
    }
    (self.type, self.count, self.entry) = (type, count, entry)
  }
}
