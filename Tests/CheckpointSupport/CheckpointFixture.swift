/// A checkpoint of nested modules, as a trainer saves it with torch; each part can be replaced by something wrong.
package struct CheckpointFixture: Sendable {
  /// A tensor of a network, with the bytes of its storage.
  package struct Tensor: Sendable {
    package var name: String
    package var shape: [Int]
    package var bytes: [UInt8]
    /// The type of the storage, without "Storage".
    package var type = "Float"
    package var size = 4
    package var offset: PickleValue = .int(0)
    package var shapeValue: PickleValue?
    /// Elements between neighbours; nil if they lie in order.
    package var strides: PickleValue?
    /// The number of elements that the storage claims; nil if it is right.
    package var count: PickleValue?
    /// The key of the storage; nil if the tensor has its own.
    package var key: String?

    package init(_ name: String, _ shape: [Int], _ bytes: [UInt8], type: String = "Float", size: Int = 4) {
      (self.name, self.shape, self.bytes, self.type, self.size) = (name, shape, bytes, type, size)
    }

    /// A tensor of float32.
    package init(_ name: String, _ shape: [Int], _ values: [Float]) {
      self.init(name, shape, values.flatMap { LittleEndian.bytes(UInt64($0.bitPattern), 4) })
    }
  }

  package var tensors: [Tensor]
  package var names: PickleValue
  /// Pairs of the checkpoint's dictionary beside the network.
  package var facts: [(String, PickleValue)] = [
    ("version", .text("8.4.190")), ("license", .text("AGPL-3.0 (https://example.org)")),
    ("train_args", .named([("imgsz", .int(320)), ("lr0", .float(0.01))])),
  ]
  /// The key of the network.
  package var key = "ema"
  /// Replaces the whole pickle.
  package var pickle: [UInt8]?
  /// Entries beside the pickle and the storages.
  package var more: [ZipFixture.Entry] = [
    .init("a/byteorder", Array("little".utf8)), .init("a/version", Array("3\n".utf8)),
  ]

  package init(_ tensors: [Tensor], names: [String] = ["open", "short"]) {
    self.tensors = tensors
    self.names = .dictionary(names.enumerated().map { (.int($0), .text($1)) })
  }

  /// A checkpoint of two tensors.
  package static let small = CheckpointFixture([
    .init("model.0.conv.weight", [2, 2], [1, 2, 3, 4]), .init("model.0.bn.running_mean", [2], [5, 6]),
  ])

  /// The zip file.
  package var zip: ZipFixture {
    var entries = [ZipFixture.Entry("a/data.pkl", pickle ?? top.pickle)]
    for (index, tensor) in tensors.enumerated() where tensor.key == nil {
      entries.append(.init("a/data/\(index)", tensor.bytes))
    }
    return ZipFixture(entries + more)
  }

  /// The bytes of the file.
  package var bytes: [UInt8] { zip.bytes }

  /// The dictionary that is pickled.
  package var top: PickleValue { .named([("epoch", .int(-1)), (key, network), ("optimizer", .none)] + facts) }

  /// The network, an object of nested modules.
  package var network: PickleValue {
    var more: [(String, PickleValue)] = [("names", names), ("yaml", .named([("yaml_file", .text("yolov8n.yaml"))]))]
    more.append(("stride", .none))
    return module(
      "DetectionModel", tensors.indices.map { (tensors[$0].name.split(separator: ".").map(String.init), $0) }, more)
  }

  private func module(
    _ name: String, _ parts: [(path: [String], index: Int)], _ more: [(String, PickleValue)] = []
  ) -> PickleValue {
    var order: [String] = []
    var children: [String: [([String], Int)]] = [:]
    var kinds: [String: [(String, PickleValue)]] = ["_parameters": [], "_buffers": []]
    for (path, index) in parts {
      guard path.count > 1 else {
        let isBuffer = path[0].hasPrefix("running") || path[0].hasPrefix("num_")
        kinds[isBuffer ? "_buffers" : "_parameters"]?.append(
          (path[0], isBuffer ? value(of: index) : parameter(of: index)))
        continue
      }
      if children[path[0]] == nil { order.append(path[0]) }
      children[path[0], default: []].append((Array(path.dropFirst()), index))
    }
    let modules = order.map { ($0, module("Part", children[$0] ?? [])) }
    return .object(
      .global("ultralytics.nn.modules", name),
      .named(
        [
          ("training", .truth(false)), ("_parameters", .named(kinds["_parameters"] ?? [])),
          ("_buffers", .named(kinds["_buffers"] ?? [])), ("_non_persistent_buffers_set", .set([])),
          ("_modules", .named(modules)),
        ] + more))
  }

  private func parameter(of index: Int) -> PickleValue {
    .call(
      .global("torch._utils", "_rebuild_parameter"),
      .tuple([value(of: index), .truth(true), .call(.global("collections", "OrderedDict"), .tuple([]))]))
  }

  /// The tensor at `index`.
  package func value(of index: Int) -> PickleValue {
    let tensor = tensors[index]
    var strides = [Int](repeating: 1, count: tensor.shape.count)
    for place in tensor.shape.indices.dropLast().reversed() {
      strides[place] = strides[place + 1] * tensor.shape[place + 1]
    }
    return .call(
      .global("torch._utils", "_rebuild_tensor_v2"),
      .tuple([
        .persistent(
          .tuple([
            .text("storage"), .global("torch", tensor.type + "Storage"), .text(tensor.key ?? "\(index)"), .text("cpu"),
            tensor.count ?? .int(tensor.bytes.count / tensor.size),
          ])),
        tensor.offset, tensor.shapeValue ?? .tuple(tensor.shape.map { .int($0) }),
        tensor.strides ?? .tuple(strides.map { .int($0) }), .truth(false),
        .call(.global("collections", "OrderedDict"), .tuple([])),
      ]))
  }
}
