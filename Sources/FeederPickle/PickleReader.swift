/// Reads the pickle of a checkpoint into a `PickleArena`. It calls nothing and looks nothing up: every opcode only moves numbers.
struct PickleReader {
  private let file: LittleEndianBytes
  private let range: Range<Int>
  private var place: Int
  private var arena = PickleArena()
  private var stack: [PickleArena.ID] = []
  /// The height of the stack at each open mark.
  private var marks: [Int] = []
  private var memo: [PickleArena.ID?] = []

  /// The objects of the pickle in `range` of `file`, and the one that it stands for. Throws if an opcode is not accepted, a limit is
  /// passed, or anything follows the end.
  static func read(
    _ file: LittleEndianBytes, _ range: Range<Int>
  ) throws(CheckpointFault) -> (arena: PickleArena, top: PickleArena.ID) {
    guard range.count <= PickleLimits.pickleBytes, range.upperBound <= Int(Int32.max) else {
      throw CheckpointFault("has a pickle of \(range.count) bytes; a network's has at most \(PickleLimits.pickleBytes)")
    }
    var reader = PickleReader(file, range)
    let top = try reader.run()
    return (reader.arena, top)
  }

  private init(_ file: LittleEndianBytes, _ range: Range<Int>) {
    (self.file, self.range, place) = (file, range, range.lowerBound)
  }

  private func fault(_ reason: String) -> CheckpointFault {
    CheckpointFault("is refused: its pickle \(reason) (byte \(place - range.lowerBound))")
  }

  private mutating func run() throws(CheckpointFault) -> PickleArena.ID {
    guard try byte() == PickleOpcode.proto.rawValue else { throw fault("does not begin with its protocol") }
    let version = try byte()
    guard version == 2 else { throw fault("has protocol \(version), and torch writes 2") }
    for _ in 0..<PickleLimits.opcodes {
      let code = try byte()
      guard let opcode = PickleOpcode(rawValue: code) else {
        throw fault("has \(PickleOpcode.name(ofRefused: code)), which no checkpoint needs")
      }
      if opcode == .stop { return try end() }
      try perform(opcode)
    }
    throw fault("has more than \(PickleLimits.opcodes) opcodes")
  }

  private mutating func end() throws(CheckpointFault) -> PickleArena.ID {
    let top = try pop()
    guard stack.isEmpty, marks.isEmpty else { throw fault("ends with objects that nothing uses") }
    guard place == range.upperBound else { throw fault("goes on behind its end") }
    return top
  }

  private mutating func perform(_ opcode: PickleOpcode) throws(CheckpointFault) {
    switch opcode {
    case .proto: throw fault("names its protocol twice")
    case .stop: break
    case .mark:
      guard marks.count < PickleLimits.stack else { throw fault("has too many open marks") }
      marks.append(stack.count)
    case .none: try push(.none)
    case .newTrue: try push(.truth(true))
    case .newFalse: try push(.truth(false))
    case .binInt: try push(.int(Int64(Int32(truncatingIfNeeded: try number(4)))))
    case .binInt1: try push(.int(Int64(try number(1))))
    case .binInt2: try push(.int(Int64(try number(2))))
    case .long1: try push(.int(try long()))
    case .binFloat: try push(.float(Double(bitPattern: try number(8).byteSwapped)))
    case .binUnicode: try push(.text(try text()))
    case .emptyDict: try push(.dictionary(arena.chain()))
    case .emptyList: try push(.list(arena.chain()))
    case .emptyTuple: try pushTuple([])
    case .tuple: try pushTuple(try popToMark())
    case .tuple1: try pushTuple(try pop(1))
    case .tuple2: try pushTuple(try pop(2))
    case .tuple3: try pushTuple(try pop(3))
    case .setItem: try set(try pop(2))
    case .setItems: try set(try popToMark())
    case .append: try extend(by: try pop(1))
    case .appends: try extend(by: try popToMark())
    case .binPut: try remember(Int(try number(1)))
    case .longBinPut: try remember(Int(try number(4)))
    case .binGet: try recall(Int(try number(1)))
    case .longBinGet: try recall(Int(try number(4)))
    case .global: try pushGlobal()
    case .newObject, .reduce: try make(try pop(2))
    case .build: try build(try pop())
    case .binPersistentID: try push(.persistent(try pop()))
    }
  }

  // MARK: - Bytes

  private mutating func byte() throws(CheckpointFault) -> UInt8 {
    guard place < range.upperBound else { throw fault("is cut off") }
    defer { place += 1 }
    return file.bytes[place]
  }

  private mutating func number(_ byteCount: Int) throws(CheckpointFault) -> UInt64 {
    guard byteCount <= range.upperBound - place else { throw fault("is cut off") }
    var value: UInt64 = 0
    for index in (0..<byteCount).reversed() { value = value << 8 | UInt64(file.bytes[place + index]) }
    place += byteCount
    return value
  }

  private mutating func long() throws(CheckpointFault) -> Int64 {
    let count = Int(try byte())
    guard count <= 8 else { throw fault("has a number of \(count) bytes") }
    guard count > 0 else { return 0 }
    let unused = UInt64(64 - 8 * count)
    return Int64(bitPattern: try number(count) << unused) >> Int64(unused)
  }

  private mutating func text() throws(CheckpointFault) -> PickleArena.Text {
    let count = Int(try number(4))
    guard count <= PickleLimits.textBytes else { throw fault("has a text of \(count) bytes") }
    guard count <= range.upperBound - place else { throw fault("is cut off") }
    let range = place..<place + count
    let isASCII = file.bytes[range].allSatisfy { $0 < 0x80 }
    guard isASCII || file.text(range) != nil else { throw fault("has a text that is not UTF-8") }
    place += count
    return arena.text(range)
  }

  private mutating func line() throws(CheckpointFault) -> Range<Int> {
    let end = min(place + PickleLimits.nameBytes, range.upperBound)
    guard let newline = file.bytes[place..<end].firstIndex(of: 0x0A) else { throw fault("has a name without end") }
    defer { place = newline + 1 }
    return place..<newline
  }

  // MARK: - Stack and memo

  private mutating func push(_ kind: PickleArena.Kind) throws(CheckpointFault) { try push(try arena.add(kind)) }

  private mutating func push(_ id: PickleArena.ID) throws(CheckpointFault) {
    guard stack.count < PickleLimits.stack else { throw fault("piles up more than \(PickleLimits.stack) objects") }
    stack.append(id)
  }

  private mutating func pop() throws(CheckpointFault) -> PickleArena.ID {
    guard stack.count > marks.last ?? 0, let id = stack.popLast() else {
      throw fault("takes an object that is not there")
    }
    return id
  }

  // A slice of the stack would share its memory, so that every removal would copy all of it.
  private mutating func pop(_ count: Int) throws(CheckpointFault) -> [PickleArena.ID] {
    guard stack.count - (marks.last ?? 0) >= count else { throw fault("takes an object that is not there") }
    let taken = Array(stack.suffix(count))
    stack.removeLast(count)
    return taken
  }

  private mutating func popToMark() throws(CheckpointFault) -> [PickleArena.ID] {
    guard let mark = marks.popLast() else { throw fault("needs a mark that is not there") }
    let taken = Array(stack[mark...])
    stack.removeLast(taken.count)
    return taken
  }

  private mutating func remember(_ number: Int) throws(CheckpointFault) {
    guard number < PickleLimits.memo else { throw fault("has the memo \(number), over \(PickleLimits.memo)") }
    guard stack.count > marks.last ?? 0, let id = stack.last else {
      throw fault("remembers an object that is not there")
    }
    while memo.count <= number { memo.append(nil) }
    memo[number] = id
  }

  private mutating func recall(_ number: Int) throws(CheckpointFault) {
    guard number < memo.count, let id = memo[number] else {
      throw fault("recalls the memo \(number), which is not there")
    }
    try push(id)
  }

  // MARK: - Objects

  private mutating func pushTuple(_ elements: [PickleArena.ID]) throws(CheckpointFault) {
    let chain = arena.chain()
    try arena.append(elements, to: chain)
    try push(.tuple(chain))
  }

  private mutating func pushGlobal() throws(CheckpointFault) {
    let (module, name) = (try line(), try line())
    guard let words = file.text(module), let word = file.text(name), PickleNames.allows(words, word) else {
      let shown = [module, name].map { String(decoding: file.bytes[$0], as: UTF8.self) }.joined(separator: ".")
      throw fault("names \(shown), which is no part of a network; nothing was run")
    }
    try push(.global(module: arena.text(module), name: arena.text(name)))
  }

  private mutating func make(_ pair: [PickleArena.ID]) throws(CheckpointFault) {
    let (callee, arguments) = (pair[0], pair[1])
    guard case .global = arena[callee], case .tuple = arena[arguments] else {
      throw fault("makes an object of something that is no class")
    }
    try push(.made(class: callee, arguments: arguments, arena.chain()))
  }

  private mutating func build(_ state: PickleArena.ID) throws(CheckpointFault) {
    guard stack.count > marks.last ?? 0, let id = stack.last, case .made = arena[id] else {
      throw fault("gives a state to something that is no object")
    }
    guard arena.setState(state, of: id) else { throw fault("gives two states to one object") }
  }

  private mutating func set(_ pairs: [PickleArena.ID]) throws(CheckpointFault) {
    guard pairs.count.isMultiple(of: 2) else { throw fault("sets a key without a value") }
    switch try target() {
    case .dictionary(let chain), .made(_, _, let chain): try arena.append(pairs, to: chain)
    default: throw fault("sets a key of something that is no dictionary")
    }
  }

  private mutating func extend(by elements: [PickleArena.ID]) throws(CheckpointFault) {
    guard case .list(let chain) = try target() else { throw fault("appends to something that is no list") }
    try arena.append(elements, to: chain)
  }

  /// The object under the elements that were taken.
  private func target() throws(CheckpointFault) -> PickleArena.Kind {
    guard stack.count > marks.last ?? 0, let id = stack.last else { throw fault("takes an object that is not there") }
    return arena[id]
  }
}
