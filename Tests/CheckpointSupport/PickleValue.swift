/// A value as `torch.save` would pickle it, or as an attacker would.
package indirect enum PickleValue: Sendable {
  case none
  case truth(Bool)
  case int(Int)
  case float(Double)
  case text(String)
  case list([PickleValue])
  case tuple([PickleValue])
  case dictionary([(key: PickleValue, value: PickleValue)])
  /// A class or function by its name.
  case global(String, String)
  /// A call of the first with the second, a tuple.
  case call(PickleValue, PickleValue)
  /// An object of a class with a state.
  case object(PickleValue, PickleValue)
  /// A persistent id.
  case persistent(PickleValue)
  /// Opcodes as they are.
  case raw([UInt8])

  /// A dictionary with texts as keys.
  package static func named(_ pairs: [(String, PickleValue)]) -> PickleValue {
    .dictionary(pairs.map { (.text($0.0), $0.1) })
  }

  /// A set, as protocol 2 writes it.
  package static func set(_ texts: [String]) -> PickleValue {
    .call(.global("__builtin__", "set"), .tuple([.list(texts.map { .text($0) })]))
  }

  /// A pickle of this value alone.
  package var pickle: [UInt8] {
    var bytes: [UInt8] = [0x80, 2]
    write(into: &bytes)
    return bytes + [0x2E]
  }

  private func write(into bytes: inout [UInt8]) {
    switch self {
    case .none: bytes.append(0x4E)
    case .truth(let value): bytes.append(value ? 0x88 : 0x89)
    case .int(let value):
      if let byte = UInt8(exactly: value) {
        bytes += [0x4B, byte]
      } else if let word = Int32(exactly: value) {
        bytes += [0x4A] + LittleEndian.bytes(UInt64(bitPattern: Int64(word)), 4)
      } else {
        bytes += [0x8A, 8] + LittleEndian.bytes(UInt64(bitPattern: Int64(value)), 8)
      }
    case .float(let value): bytes += [0x47] + LittleEndian.bytes(value.bitPattern, 8).reversed()
    case .text(let text): bytes += [0x58] + LittleEndian.bytes(UInt64(text.utf8.count), 4) + Array(text.utf8)
    case .list(let values): write([0x5D, 0x28], values, [0x65], into: &bytes)
    case .tuple(let values): write([0x28], values, [0x74], into: &bytes)
    case .dictionary(let pairs): write([0x7D, 0x28], pairs.flatMap { [$0.key, $0.value] }, [0x75], into: &bytes)
    case .global(let module, let name): bytes += [0x63] + Array("\(module)\n\(name)\n".utf8)
    case .call(let callee, let arguments): write([], [callee, arguments], [0x52], into: &bytes)
    case .object(let type, let state): write([], [type, .raw([0x29, 0x81]), state], [0x62], into: &bytes)
    case .persistent(let id): write([], [id], [0x51], into: &bytes)
    case .raw(let codes): bytes += codes
    }
  }

  private func write(_ before: [UInt8], _ values: [PickleValue], _ after: [UInt8], into bytes: inout [UInt8]) {
    bytes += before
    for value in values { value.write(into: &bytes) }
    bytes += after
  }
}

/// Numbers as bytes.
package enum LittleEndian {
  /// The low `count` bytes of `value`.
  package static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }
}
