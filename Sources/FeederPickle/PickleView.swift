import FeederCore

/// Questions about the objects of a pickle, answered without recursion and within a number of steps.
struct PickleView {
  let arena: PickleArena
  private let file: LittleEndianBytes
  private var steps = 0

  init(_ arena: PickleArena, _ file: LittleEndianBytes) { (self.arena, self.file) = (arena, file) }

  /// Counts elements that are looked at. Throws if there are too many: a small file can name one list in many places.
  mutating func count(_ elements: Int) throws(CheckpointFault) {
    steps += elements + 1
    guard steps <= PickleLimits.steps else {
      throw CheckpointFault("is refused: its modules lead to each other in too many ways")
    }
  }

  /// The text of an object; nil if it is none.
  func text(_ id: PickleArena.ID) -> String? {
    guard case .text(let text) = arena[id] else { return nil }
    return file.text(text.range)
  }

  /// The whole number of an object; nil if it is none.
  func int(_ id: PickleArena.ID) -> Int? {
    guard case .int(let value) = arena[id] else { return nil }
    return Int(value)
  }

  /// The elements of a tuple; nil if it is none.
  mutating func tuple(_ id: PickleArena.ID) throws(CheckpointFault) -> [PickleArena.ID]? {
    guard case .tuple(let chain) = arena[id] else { return nil }
    return try elements(chain)
  }

  /// The elements of a list or tuple; nil if it is neither.
  mutating func list(_ id: PickleArena.ID) throws(CheckpointFault) -> [PickleArena.ID]? {
    switch arena[id] {
    case .list(let chain), .tuple(let chain): try elements(chain)
    default: nil
    }
  }

  /// The keys and values of a dictionary, or of an object that is one (OrderedDict); nil if it is neither.
  mutating func pairs(
    _ id: PickleArena.ID
  ) throws(CheckpointFault) -> [(key: PickleArena.ID, value: PickleArena.ID)]? {
    switch arena[id] {
    case .dictionary(let chain), .made(_, _, let chain):
      let all = try elements(chain)
      return stride(from: 0, to: all.count - 1, by: 2).map { (all[$0], all[$0 + 1]) }
    default: return nil
    }
  }

  private mutating func elements(_ chain: PickleArena.Chain) throws(CheckpointFault) -> [PickleArena.ID] {
    try count(arena.count(chain))
    return Array(arena.values(chain))
  }

  /// The value of the text `key` in a dictionary; nil if there is none. Throws if it is there twice.
  mutating func value(_ key: String, in id: PickleArena.ID) throws(CheckpointFault) -> PickleArena.ID? {
    var found: PickleArena.ID?
    for pair in try pairs(id) ?? [] {
      guard case .text(let text) = arena[pair.key], text.range.count == key.utf8.count,
        file.bytes[text.range].elementsEqual(key.utf8)
      else { continue }
      guard found == nil else { throw CheckpointFault("has '\(key)' twice, so readers would differ on it") }
      found = pair.value
    }
    return found
  }

  /// The value of an attribute in an object's state; nil if it has none or is None.
  mutating func attribute(_ key: String, of id: PickleArena.ID) throws(CheckpointFault) -> PickleArena.ID? {
    guard let state = arena.state(id), let value = try value(key, in: state) else { return nil }
    if case .none = arena[value] { return nil }
    return value
  }

  /// The arguments with which an object is made, if it is made by `name` of `module`; nil if not.
  mutating func arguments(
    of id: PickleArena.ID, madeBy name: String, _ module: String
  ) throws(CheckpointFault) -> [PickleArena.ID]? {
    guard case .made(let callee, let arguments, _) = arena[id], global(callee, module, name) else { return nil }
    return try tuple(arguments)
  }

  private func global(_ id: PickleArena.ID, _ module: String, _ name: String) -> Bool {
    guard case .global(let itsModule, let itsName) = arena[id] else { return false }
    return file.bytes[itsName.range].elementsEqual(name.utf8) && file.bytes[itsModule.range].elementsEqual(module.utf8)
  }

  /// The name of a class of the module `torch`; nil if the object is none.
  func torchName(_ id: PickleArena.ID) -> String? {
    guard case .global(let module, let name) = arena[id], file.bytes[module.range].elementsEqual("torch".utf8) else {
      return nil
    }
    return file.text(name.range)
  }
}
