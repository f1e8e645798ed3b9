import FeederCore

/// A checkpoint (`.pt`) of torch 1.6 or newer, read and checked: the tensors of its network, and what it says of itself.
///
/// Nothing of it is run: no class is looked up and no function called. This room opens no file and starts no process; its reader takes
/// bytes and gives bytes.
package struct TorchCheckpoint: Sendable {
  /// What a checkpoint says of itself, by its key there.
  package enum Fact: String, CaseIterable, Sendable {
    /// The licence of the weights.
    case license
    /// The version of the program that wrote it.
    case version
    /// The name of the file that describes its network, such as `yolov8n.yaml`.
    case model = "yaml_file"
  }

  /// The tensors' bytes at `entries`: the file, then tensors whose elements lie in another order there.
  package let bytes: [UInt8]
  /// Type, shape and place in `bytes` of each tensor, by its name.
  package let entries: [String: Safetensors.Entry]
  /// The class names, by class number; nil if there are none.
  package let classNames: [String]?
  /// The side of the images in pixels that the training's settings name; nil if they name none.
  package let imageSize: Int?
  /// What the checkpoint says of itself: one line each, of at most 200 characters.
  package let facts: [Fact: String]

  /// The largest file that is read, in bytes.
  package static let largestFile = 2 << 30

  /// True if a file that begins with `bytes` is a checkpoint of any version of torch, or damage of one: a zip file or a pickle.
  package static func begins(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: zipStart) || (bytes.first == 0x80 && bytes.dropFirst().first.map { $0 <= 5 } == true)
  }

  private static let zipStart = Array("PK".utf8)

  /// Reads a whole file. `checksSums` is false only for a fuzzer, which cannot mend sums. Throws `CheckpointFault` at the first fault.
  package init(_ file: [UInt8], checksSums: Bool = true) throws(CheckpointFault) {
    guard file.count <= Self.largestFile else {
      throw CheckpointFault("has \(file.count) bytes; checkpoints are read up to \(Self.largestFile)")
    }
    guard file.starts(with: Self.zipStart) else {
      throw CheckpointFault(
        "is a bare pickle, as torch before 1.6 and other programs write; load and save it again with the program that wrote it"
      )
    }
    let source = LittleEndianBytes(bytes: file)
    let directory = try ZipDirectory(source)
    guard directory.entries["constants.pkl"] == nil, !directory.entries.keys.contains(where: { $0.hasPrefix("code/") })
    else { throw CheckpointFault("is a TorchScript program, not weights; give the .pt that it was exported from") }
    func check(_ entry: ZipDirectory.Entry, _ name: String) throws(CheckpointFault) {
      guard checksSums, EntryChecksum.sum(file, entry.range) != entry.sum else { return }
      throw CheckpointFault("is damaged: the checksum of '\(name)' is wrong")
    }
    guard let pickle = directory.entries["data.pkl"], let version = directory.entries["version"],
      file[version.range].elementsEqual("3\n".utf8)
    else { throw CheckpointFault("is a zip file, but no checkpoint of torch: it has no data.pkl of version 3") }
    if let order = directory.entries["byteorder"] {
      guard file[order.range].elementsEqual("little".utf8) else {
        throw CheckpointFault(
          "has numbers in another byte order than little-endian; save it again on an x86-64 machine")
      }
    }
    try check(pickle, "data.pkl")
    let (arena, top) = try PickleReader.read(source, pickle.range)
    var view = PickleView(arena, source)
    // All of them, also those that no network holds: what does not fit is an attack or damage.
    var tensors: [PickleArena.ID: TorchTensor] = [:]
    for id in arena.all {
      if let arguments = try TorchTensor.arguments(id, &view) {
        tensors[id] = try TorchTensor(arguments, &view, directory)
      }
    }
    let modules = try TorchModules(top, &view)
    var (bytes, entries) = (file, [String: Safetensors.Entry]())
    var (sum, checked) = (0, Set<Int>())
    for (name, id) in modules.tensors {
      guard let tensor = tensors[id] else { continue }
      let storage = tensor.storage
      if checked.insert(storage.entry.range.lowerBound).inserted { try check(storage.entry, name) }
      sum += tensor.byteCount
      guard sum <= file.count else { throw CheckpointFault("names its storages in too many tensors") }
      let range = tensor.range ?? tensor.gather(into: &bytes)
      guard storage.type.areFinite(bytes, range) else {
        throw CheckpointFault(
          "has a NaN, an infinity or a number beyond float32 in '\(name)'; these weights are useless")
      }
      let entry = Safetensors.Entry(type: storage.type, shape: tensor.shape, range: range)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw CheckpointFault("has '\(name)' twice, so readers would differ on it")
      }
    }
    guard !entries.isEmpty else { throw CheckpointFault("holds no network: no tensor is in its 'ema' or 'model'") }
    (self.bytes, self.entries) = (bytes, entries)
    (classNames, imageSize, facts) = (modules.classNames, modules.imageSize, modules.facts)
  }
}
