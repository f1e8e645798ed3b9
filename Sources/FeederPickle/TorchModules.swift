/// The network in a checkpoint: its tensors under the names of a state dictionary, and what it says of itself.
struct TorchModules {
  /// A tensor's object and its name, such as `model.0.conv.weight`.
  private(set) var tensors: [(name: String, object: PickleArena.ID)] = []
  /// The class names in order; nil if there are none.
  private(set) var classNames: [String]?
  /// What the checkpoint says of itself, for people.
  private(set) var facts: [TorchCheckpoint.Fact: String] = [:]

  /// The side of the images in pixels that the training's settings name; nil if they name none.
  private(set) var imageSize: Int?

  private var view: PickleView

  /// Finds the network: the averaged one (`ema`) if it is there, else `model`, as its own program prefers, else the object itself.
  /// `view` gets the steps that this takes. Throws if a limit is passed.
  init(_ top: PickleArena.ID, _ view: inout PickleView) throws(CheckpointFault) {
    self.view = view
    var network = top
    for key in ["ema", "model", "state_dict"] {
      guard let value = try self.view.value(key, in: top), try self.view.pairs(value) != nil else { continue }
      network = value
      break
    }
    for fact in TorchCheckpoint.Fact.allCases {
      guard let value = try self.view.value(fact.rawValue, in: top), let text = self.view.text(value) else { continue }
      facts[fact] = Self.line(text)
    }
    if let settings = try self.view.value("train_args", in: top), let side = try self.view.value("imgsz", in: settings)
    {
      imageSize = self.view.int(side)
    }
    if try self.view.attribute("_modules", of: network) != nil {
      try walk(network)
      classNames = try names(network)
      if let yaml = try self.view.attribute("yaml", of: network), let file = try self.view.value("yaml_file", in: yaml),
        let text = self.view.text(file)
      {
        facts[.model] = Self.line(text)
      }
    } else {
      for pair in try self.view.pairs(network) ?? [] {
        if let name = self.view.text(pair.key) { try add(name, pair.value) }
      }
    }
    view = self.view
  }

  /// One line of at most 200 printable characters.
  private static func line(_ text: String) -> String {
    String(
      String.UnicodeScalarView(text.unicodeScalars.filter { !$0.properties.generalCategory.isControl }.prefix(200)))
  }

  // MARK: - Modules

  private mutating func walk(_ network: PickleArena.ID) throws(CheckpointFault) {
    var open: [(module: PickleArena.ID, prefix: String, depth: Int)] = [(network, "", 0)]
    var count = 0
    while let (module, prefix, depth) = open.popLast() {
      count += 1
      guard count <= PickleLimits.modules, depth <= PickleLimits.depth else {
        throw CheckpointFault(
          "is refused: its modules are more than \(PickleLimits.modules), or \(PickleLimits.depth) deep")
      }
      let passing = try names(in: try view.attribute("_non_persistent_buffers_set", of: module))
      for kind in ["_parameters", "_buffers"] {
        for (name, value) in try children(kind, of: module) where !passing.contains(name) {
          try add(prefix + name, value)
        }
      }
      // The last in is the first out.
      for (name, child) in try children("_modules", of: module).reversed() {
        open.append((child, try checked(prefix + name + "."), depth + 1))
      }
    }
  }

  private mutating func children(
    _ kind: String, of module: PickleArena.ID
  ) throws(CheckpointFault) -> [(String, PickleArena.ID)] {
    guard let dictionary = try view.attribute(kind, of: module) else { return [] }
    guard let pairs = try view.pairs(dictionary) else {
      throw CheckpointFault("is damaged: the \(kind) of a module are no dictionary")
    }
    var children: [(String, PickleArena.ID)] = []
    for pair in pairs {
      guard let name = view.text(pair.key) else { throw CheckpointFault("is damaged: a part of \(kind) has no name") }
      children.append((name, pair.value))
    }
    return children
  }

  /// The texts in a set: a call with one list.
  private mutating func names(in set: PickleArena.ID?) throws(CheckpointFault) -> Set<String> {
    guard let set, case .made(_, let arguments, _) = view.arena[set], let parts = try view.tuple(arguments),
      let first = parts.first
    else { return [] }
    return Set((try view.list(first) ?? []).compactMap { view.text($0) })
  }

  private func checked(_ name: String) throws(CheckpointFault) -> String {
    guard name.utf8.count <= PickleLimits.tensorNameBytes else {
      throw CheckpointFault("has a tensor whose name is longer than \(PickleLimits.tensorNameBytes) bytes")
    }
    return name
  }

  /// Adds what is a tensor.
  private mutating func add(_ name: String, _ value: PickleArena.ID) throws(CheckpointFault) {
    guard let object = try TorchTensor.object(value, &view) else { return }
    guard tensors.count < PickleLimits.modules else {
      throw CheckpointFault("has more than \(PickleLimits.modules) tensors")
    }
    tensors.append((try checked(name), object))
  }

  // MARK: - Classes

  /// The names by class number: a list, or a dictionary with the numbers from 0 on; nil if there are none.
  private mutating func names(_ network: PickleArena.ID) throws(CheckpointFault) -> [String]? {
    guard let object = try view.attribute("names", of: network) else { return nil }
    var names: [String?] = []
    if let list = try view.list(object) {
      names = list.prefix(PickleLimits.classes + 1).map { view.text($0) }
    } else if let pairs = try view.pairs(object), pairs.count <= PickleLimits.classes {
      names = [String?](repeating: nil, count: pairs.count)
      for pair in pairs {
        guard let number = view.int(pair.key), names.indices.contains(number) else { return nil }
        names[number] = view.text(pair.value)
      }
    }
    let known = names.compactMap { $0 }
    return known.isEmpty || known.count != names.count || known.count > PickleLimits.classes ? nil : known
  }
}

extension Unicode.GeneralCategory {
  fileprivate var isControl: Bool {
    switch self {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
