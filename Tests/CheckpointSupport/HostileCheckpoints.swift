/// Checkpoints that attack their reader, by name. None is ever run; each names a command that would leave a file `ran` behind.
package enum HostileCheckpoints {
  /// An attack: its name, the file, and words that the refusal must hold.
  package struct Attack: Sendable, CustomStringConvertible {
    package let description: String
    package let bytes: [UInt8]
    package let words: String
  }

  /// All attacks.
  package static let all = calls + opcodes + bombs + storages + shapes + zips + others

  // MARK: - Code

  private static let command: PickleValue = .tuple([.text("touch ran")])

  private static func beside(_ value: PickleValue) -> [UInt8] {
    var fixture = CheckpointFixture.small
    fixture.facts.append(("trap", value))
    return fixture.bytes
  }

  private static func pickle(_ codes: [UInt8]) -> [UInt8] {
    var fixture = CheckpointFixture.small
    fixture.pickle = codes
    return fixture.bytes
  }

  private static func raw(_ codes: [UInt8]) -> [UInt8] { pickle([0x80, 2] + codes + [0x2E]) }

  private static func attack(_ name: String, _ words: String, _ bytes: [UInt8]) -> Attack {
    Attack(description: name, bytes: bytes, words: words)
  }

  private static let calls: [Attack] =
    [
      ("os", "system", command), ("posix", "system", command),
      ("builtins", "eval", .tuple([.text("open('ran', 'w')")])),
      ("__builtin__", "exec", command), ("subprocess", "Popen", command), ("builtins", "getattr", command),
      ("torch", "load", command), ("torch.hub", "load", command), ("torch.jit", "load", command),
      ("numpy.testing._private.utils", "runstring", command),
      ("ultralytics.utils.checks", "check_requirements", command),
      ("torch.nn.init", "eval", command), ("importlib", "import_module", command), ("functools", "partial", command),
      ("operator", "methodcaller", command), ("torch._utils", "_rebuild_device_tensor", command),
      ("collections", "OrderedDict.fromkeys", command), ("ultralytics nn", "Model", command), ("", "", command),
    ].map { module, name, arguments in
      attack(
        "REDUCE of \(module).\(name)", "no part of a network; nothing was run",
        beside(.call(.global(module, name), arguments)))
    } + [
      attack("NEWOBJ of os.system", "no part", beside(.object(.global("os", "system"), .named([])))),
      attack("a GLOBAL that nothing uses", "no part", beside(.global("os", "system"))),
      attack("a name without end", "without end", raw([0x63] + [UInt8](repeating: 0x61, count: 5000))),
      attack("REDUCE of a text", "no class", beside(.call(.text("os.system"), command))),
      attack("BUILD on a dictionary", "no object", beside(.raw([0x7D, 0x7D, 0x62]))),
      attack(
        "BUILD twice", "two states",
        beside(.raw([0x63] + Array("torch.nn\nConv2d\n".utf8) + [0x29, 0x81, 0x7D, 0x62, 0x7D, 0x62]))),
      attack(
        "INST of os.system", "opcode INST", raw([0x28, 0x58, 1, 0, 0, 0, 0x61, 0x69] + Array("os\nsystem\n".utf8))),
      attack("OBJ of os.system", "no part", raw([0x28, 0x63] + Array("os\nsystem\n".utf8) + [0x6F])),
      attack("OBJ", "opcode OBJ", raw([0x28, 0x63] + Array("torch.nn\nConv2d\n".utf8) + [0x6F])),
      attack(
        "STACK_GLOBAL of os.system", "opcode STACK_GLOBAL", beside(.raw([0x58, 2, 0, 0, 0, 0x6F, 0x73, 0x4E, 0x93]))),
      attack("a call hidden by POP", "opcode POP", beside(.raw([0x4E, 0x4E, 0x30]))),
      attack("EXT1", "opcode EXT1", raw([0x82, 1])),
      attack("PERSID", "opcode PERSID", raw([0x50] + Array("x\n".utf8))),
    ]

  private static let opcodes = [
    attack("no pickle", "does not begin with its protocol", pickle(Array("import os".utf8))),
    attack("an empty pickle", "is cut off", pickle([])),
    attack("protocol 4", "protocol 4", pickle([0x80, 4, 0x4E, 0x2E])),
    attack("protocol 0", "does not begin", pickle([0x4E, 0x2E])),
    attack("two protocols", "twice", raw([0x80, 2, 0x4E])),
    attack("a byte that is no opcode", "no opcode", raw([0xFF])),
    attack(
      "a second pickle behind the first", "goes on behind its end", pickle([0x80, 2, 0x4E, 0x2E, 0x80, 2, 0x4E, 0x2E])),
    attack("objects left", "nothing uses", raw([0x4E, 0x4E])),
    attack("a mark left", "not there", raw([0x28])),
    attack("nothing to take", "not there", raw([])),
    attack("a tuple through a mark", "not there", raw([0x4E, 0x28, 0x85])),
    attack("a tuple without mark", "mark that is not there", raw([0x4E, 0x74])),
    attack("a memo that is not there", "memo 7", raw([0x68, 7])),
    attack("a memo of nothing", "remembers", raw([0x71, 0])),
    attack("a key without value", "without a value", raw([0x7D, 0x28, 0x4E, 0x75])),
    attack("a key of a list", "no dictionary", raw([0x5D, 0x4E, 0x4E, 0x73])),
    attack("an append to a tuple", "no list", raw([0x29, 0x4E, 0x61])),
    attack("a text that is not UTF-8", "UTF-8", raw([0x58, 2, 0, 0, 0, 0xC3, 0x28])),
    attack("a number of 255 bytes", "255 bytes", raw([0x8A, 255])),
  ]

  // MARK: - Memory and time

  private static let bombs: [Attack] = {
    func long(_ value: Int) -> [UInt8] { LittleEndian.bytes(UInt64(value), 4) }
    var cycle = CheckpointFixture.small
    // A module that is its own child: `_modules` recalls the module.
    cycle.pickle =
      [0x80, 2, 0x7D, 0x58] + long(5) + Array("model".utf8) + [0x63] + Array("torch.nn\nSequential\n".utf8)
      + [0x29, 0x81, 0x71, 0, 0x7D, 0x58] + long(8) + Array("_modules".utf8) + [0x7D, 0x58] + long(1) + Array("m".utf8)
      + [0x68, 0, 0x73, 0x73, 0x62, 0x73, 0x2E]
    // Forty modules, each with the next one twice: 2^40 ways.
    var doubled: PickleValue = .object(.global("torch.nn", "Conv2d"), .named([("_modules", .named([]))]))
    var codes: [UInt8] = []
    for level in 0..<40 {
      let recall: PickleValue = .raw([0x68, UInt8(max(level - 1, 0))])
      doubled = .object(
        .global("torch.nn", "Sequential"),
        .named([("_modules", level == 0 ? .named([]) : .named([("a", recall), ("b", recall)]))]))
      var one = doubled.pickle.dropFirst(2)
      one.removeLast()
      codes += one + [0x71, UInt8(level)]
    }
    let kept: [UInt8] = [0x28] + codes + [0x74, 0x71, 50]
    var ways = CheckpointFixture.small
    ways.pickle =
      [0x80, 2, 0x7D, 0x28, 0x58] + long(1) + Array("x".utf8) + kept + [0x58] + long(5) + Array("model".utf8)
      + [0x68, 39, 0x75, 0x2E]
    var deep = CheckpointFixture.small
    var nested: PickleValue = .object(.global("torch.nn", "Conv2d"), .named([("_modules", .named([]))]))
    for _ in 0..<200 {
      nested = .object(.global("torch.nn", "Sequential"), .named([("_modules", .named([("m", nested)]))]))
    }
    deep.pickle = PickleValue.named([("model", nested)]).pickle
    return [
      attack("a text of 2 GB", "text of 2147483647 bytes", raw([0x58] + long(0x7FFF_FFFF))),
      attack("a text of 4 GB", "text of 4294967295 bytes", raw([0x58] + long(0xFFFF_FFFF))),
      attack("a text longer than the pickle", "is cut off", raw([0x58] + long(1000) + [0x61])),
      attack("a memo of 2^31", "memo 2147483647", raw([0x4E, 0x72] + long(0x7FFF_FFFF))),
      attack("a memo of 2^32", "memo 4294967295", raw([0x4E, 0x72] + long(0xFFFF_FFFF))),
      attack("two million open marks", "open marks", pickle([0x80, 2] + [UInt8](repeating: 0x28, count: 2 << 20))),
      attack("two million objects", "objects", pickle([0x80, 2] + [UInt8](repeating: 0x4E, count: 2 << 20))),
      attack(
        "one object two million times", "piles up",
        pickle([0x80, 2, 0x4E, 0x71, 0] + (0..<2 << 20).flatMap { _ in [0x68, 0] as [UInt8] })),
      attack("a million nested tuples", "objects", raw([0x29] + [UInt8](repeating: 0x85, count: 1 << 20))),
      attack(
        "half a million tuples over half a million objects", "nothing uses",
        raw([UInt8](repeating: 0x4E, count: 500_000) + [UInt8](repeating: 0x85, count: 500_000))),
      attack("five million opcodes", "opcodes", raw([0x4E] + (0..<5 << 20).flatMap { _ in [0x71, 0] as [UInt8] })),
      attack("a module that is its own child", "deep", cycle.bytes),
      attack("modules with 2^40 ways", "more than", ways.bytes),
      attack("200 modules in each other", "deep", deep.bytes),
      attack(
        "a list that holds itself as network", "holds no network",
        raw([0x7D, 0x58] + long(5) + Array("model".utf8) + [0x5D, 0x71, 0, 0x68, 0, 0x61, 0x73])),
    ]
  }()

  // MARK: - Storages and tensors

  private static func tensor(_ change: (inout CheckpointFixture.Tensor) -> Void) -> [UInt8] {
    var fixture = CheckpointFixture.small
    change(&fixture.tensors[0])
    return fixture.bytes
  }

  private static let storages = [
    attack("a storage of 2 GB", "claims 536870912 elements", tensor { $0.count = .int(1 << 29) }),
    attack("a storage of 2^62 elements", "claims", tensor { $0.count = .int(1 << 62) }),
    attack("a storage of -1 elements", "claims -1", tensor { $0.count = .int(-1) }),
    attack("a storage of one element less", "claims 3", tensor { $0.count = .int(3) }),
    attack("a storage of NaN elements", "not named as torch", tensor { $0.count = .float(.nan) }),
    attack("a storage of another type", "claims 4 elements of F64", tensor { $0.type = "Double" }),
    attack("a storage of no type", "no part of a network", tensor { $0.type = "Untyped" }),
    attack("a storage outside of its folder", "no bytes", tensor { $0.key = "../../etc/passwd" }),
    attack("a storage that is not there", "no bytes", tensor { $0.key = "99" }),
    attack("a storage with an absolute path", "no bytes", tensor { $0.key = "/etc/passwd" }),
  ]

  private static let shapes = [
    attack("a negative stride", "strides [-1, 1]", tensor { $0.strides = .tuple([.int(-1), .int(1)]) }),
    attack("a stride over the end", "storage of 4", tensor { $0.strides = .tuple([.int(3), .int(1)]) }),
    attack("a stride of 2^62", "claims", tensor { $0.strides = .tuple([.int(1 << 62), .int(1 << 62)]) }),
    attack(
      "a stride of 0 over 2 GB", "claims",
      tensor {
        $0.shapeValue = .tuple([.int(1 << 29)])
        $0.strides = .tuple([.int(0)])
      }),
    attack("one extent too many", "not described", tensor { $0.strides = .tuple([.int(1)]) }),
    attack("a negative extent", "shape [-2, 2]", tensor { $0.shapeValue = .tuple([.int(-2), .int(2)]) }),
    attack("extents of 2^63 in all", "claims", tensor { $0.shapeValue = .tuple([.int(1 << 40), .int(1 << 40)]) }),
    attack(
      "no elements, but 2^62 beside them", "claims",
      tensor {
        $0.shapeValue = .tuple([.int(0), .int(1 << 62)])
      }),
    attack("an extent that is NaN", "not described", tensor { $0.shapeValue = .tuple([.float(.nan), .int(2)]) }),
    attack("a negative offset", "at -1", tensor { $0.offset = .int(-1) }),
    attack("an offset over the end", "at 1", tensor { $0.offset = .int(1) }),
    attack("an offset of 2^63 - 1", "claims", tensor { $0.offset = .int(.max) }),
    attack(
      "nine extents", "not described",
      tensor {
        $0.shapeValue = .tuple([PickleValue](repeating: .int(1), count: 9))
        $0.strides = $0.shapeValue
      }),
    attack(
      "a NaN", "'model.0.conv.weight'",
      tensor {
        $0.bytes[3] = 0x7F; $0.bytes[2] = 0xC0
      }),
    attack(
      "an infinity", "'model.0.conv.weight'",
      tensor {
        $0.bytes[3] = 0xFF; $0.bytes[2] = 0x80
      }),
    attack(
      "a double beyond float32", "float32",
      CheckpointFixture([.init("model.0.weight", [1], [0, 0, 0, 0, 0, 0, 0, 0x48], type: "Double", size: 8)]).bytes),
    attack(
      "a name twice", "twice",
      {
        var fixture = CheckpointFixture.small
        fixture.tensors[1].name = fixture.tensors[0].name
        fixture.tensors[1].shape = [2]
        return fixture.bytes
      }()),
    attack(
      "one storage in a thousand tensors", "too many tensors",
      {
        var fixture = CheckpointFixture([.init("model.0.weight", [4096], [Float](repeating: 1, count: 4096))])
        for index in 1...1000 {
          var more = CheckpointFixture.Tensor("model.\(index).weight", [4096], [])
          (more.key, more.count) = ("0", .int(4096))
          fixture.tensors.append(more)
        }
        return fixture.bytes
      }()),
  ]

  // MARK: - The zip file

  private static func zip(_ change: (inout ZipFixture) -> Void) -> [UInt8] {
    var zip = CheckpointFixture.small.zip
    change(&zip)
    return zip.bytes
  }

  private static let zips = [
    attack("an entry outside of the file", "outside of the file", zip { $0.entries[1].start = 1 << 30 }),
    attack("an entry of 2 GB", "outside of the file", zip { $0.entries[1].size = 0x7FFF_FFFF }),
    attack("an entry of 4 GB without zip64", "no zip64 size", zip { $0.entries[1].size = 0xFFFF_FFFF }),
    attack("two entries in one place", "two headers", zip { $0.entries[2].start = 0 }),
    attack(
      "one entry under one name in one place twice", "in the same place",
      {
        var zip = CheckpointFixture.small.zip
        zip.entries.append(zip.entries[1])
        zip.entries[5].start = 0
        zip.entries[5].name = "a/data.pkl"
        zip.entries[5].bytes = zip.entries[0].bytes
        zip.entries[5].sum = ZipFixture.sum(zip.entries[0].bytes)
        return zip.bytes
      }()),
    attack("an entry that holds another", "in the same place", zip { $0.entries[1].size = 40 }),
    attack("a name twice in the zip", "twice", zip { $0.entries[2].name = $0.entries[1].name }),
    attack("a path upwards", "entry called", zip { $0.entries[1].name = "a/../../etc/passwd" }),
    attack("an absolute path", "entry called", zip { $0.entries[1].name = "/etc/passwd" }),
    attack("a path of Windows", "entry called", zip { $0.entries[1].name = "a\\data\\0" }),
    attack("a name with a NUL", "entry called", zip { $0.entries[1].name = "a/data/0\0.pkl" }),
    attack("a name without root", "entry called", zip { $0.entries[1].name = "data" }),
    attack("two roots", "two folders", zip { $0.entries[1].name = "b/data/0" }),
    attack("an empty name", "entry called", zip { $0.entries[1].name = "" }),
    attack("another name in the local header", "two headers", zip { $0.entries[0].localName = "a/data.txt" }),
    attack("a compressed entry (zip bomb)", "compresses", zip { $0.entries[1].method = 8 }),
    attack("an encrypted entry", "encrypted", zip { $0.entries[1].flags = 0x0809 }),
    attack("a wrong checksum of the pickle", "checksum", zip { $0.entries[0].sum = 1 }),
    attack("a wrong checksum of a storage", "checksum", zip { $0.entries[1].sum = 1 }),
    attack("bytes before the first entry", "before its first entry", zip { $0.entries[0].gap = Array("PK--".utf8) }),
    attack("bytes between entries", "belong to no entry", zip { $0.entries[2].gap = [1, 2, 3] }),
    attack("bytes behind the end", "does not end", zip { $0.trailer = [0] }),
    attack("a comment", "does not end", zip { $0.trailer = Array("PK".utf8) }),
    attack("65,536 entries claimed", "65536", zip { $0.count = 65_536 }),
    attack("no entries claimed", "0 entries", zip { $0.count = 0 }),
    attack("one entry less claimed", "does not end behind", zip { $0.count = $0.entries.count - 1 }),
    attack("a directory in another place", "directory", zip { $0.shift = -1 }),
    attack("a directory outside of the file", "damaged", zip { $0.shift = 1 << 30 }),
    attack("another version", "version 3", zip { $0.entries[4].bytes = Array("2\n".utf8) }),
    attack("big-endian", "byte order", zip { $0.entries[3].bytes = Array("big".utf8) }),
    attack("no pickle in it", "no data.pkl", zip { $0.entries[0].name = "a/other.pkl" }),
    attack(
      "TorchScript", "TorchScript", zip { $0.entries.append(.init("a/code/__torch__.py", Array("import os".utf8))) }),
    attack("an empty zip", "0 entries", ZipFixture([]).bytes),
  ]

  // MARK: - Others

  private static let others = [
    attack("a checkpoint of old torch", "before 1.6", [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A]),
    attack("a bare pickle that calls", "bare pickle", PickleValue.call(.global("os", "system"), command).pickle),
    attack("two letters", "cut off", Array("PK".utf8)),
    attack("no tensor", "holds no network", CheckpointFixture([]).bytes),
  ]
}
