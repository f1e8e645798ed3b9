import FeederCore

/// A tensor of a checkpoint: a checked view of a storage.
struct TorchTensor {
  let storage: TorchStorage
  let shape: [Int]
  /// Elements from the start of the storage to the first element.
  private let offset: Int
  /// Elements between two neighbours, per dimension.
  private let strides: [Int]

  /// The tensor that `torch._utils._rebuild_tensor_v2` would make of `arguments`. Throws if a number is out of its range, or if the
  /// tensor does not lie in its storage.
  init(
    _ arguments: [PickleArena.ID], _ view: inout PickleView, _ directory: ZipDirectory
  ) throws(CheckpointFault) {
    guard arguments.count >= 6, case .persistent(let id) = view.arena[arguments[0]],
      let offset = view.int(arguments[1]), let shape = try Self.numbers(arguments[2], &view),
      let strides = try Self.numbers(arguments[3], &view), shape.count == strides.count,
      shape.count <= PickleLimits.dimensions
    else { throw CheckpointFault("is damaged: a tensor is not described as torch describes it") }
    storage = try TorchStorage(id, &view, directory)
    var (count, last) = (1, offset)
    for (extent, step) in zip(shape, strides) {
      guard extent >= 0, step >= 0 else { throw CheckpointFault("has a tensor of shape \(shape), strides \(strides)") }
      // Extents beside one of 0 are checked too, because others multiply them.
      let product = count.multipliedReportingOverflow(by: max(extent, 1))
      let reach = max(extent - 1, 0).multipliedReportingOverflow(by: step)
      let end = last.addingReportingOverflow(reach.partialValue)
      guard !product.overflow, !reach.overflow, !end.overflow else {
        throw CheckpointFault("claims a tensor of shape \(shape), strides \(strides)")
      }
      (count, last) = (product.partialValue, end.partialValue)
    }
    let isInside = shape.contains(0) ? last <= storage.count : count <= storage.count && last < storage.count
    guard offset >= 0, count <= Self.mostElements, isInside else {
      throw CheckpointFault(
        "claims a tensor of shape \(shape), strides \(strides) at \(offset) of a storage of \(storage.count) elements")
    }
    (self.offset, self.shape, self.strides) = (offset, shape, strides)
  }

  /// More than any file that is read can hold; a product with the size of an element is no overflow.
  private static let mostElements = 1 << 40

  /// The object that `_rebuild_tensor_v2` makes: `id` itself, or what the parameter `id` holds; nil if it is neither.
  static func object(_ id: PickleArena.ID, _ view: inout PickleView) throws(CheckpointFault) -> PickleArena.ID? {
    let held = try view.arguments(of: id, madeBy: "_rebuild_parameter", "torch._utils")?.first ?? id
    return try arguments(held, &view) == nil ? nil : held
  }

  /// The arguments of the tensor `id`; nil if it is none.
  static func arguments(_ id: PickleArena.ID, _ view: inout PickleView) throws(CheckpointFault) -> [PickleArena.ID]? {
    try view.arguments(of: id, madeBy: "_rebuild_tensor_v2", "torch._utils")
  }

  private static func numbers(_ id: PickleArena.ID, _ view: inout PickleView) throws(CheckpointFault) -> [Int]? {
    // torch.Size is a tuple inside of a call.
    let size = try view.arguments(of: id, madeBy: "Size", "torch")
    let ids = try view.tuple(size?.first ?? id)
    let numbers = ids?.compactMap { view.int($0) }
    return numbers?.count == ids?.count ? numbers : nil
  }

  /// Bytes of all elements.
  var byteCount: Int { shape.reduce(storage.type.byteCount, *) }

  /// The bytes in the file, if they lie end to end in order; nil if not.
  var range: Range<Int>? {
    let start = storage.entry.range.lowerBound + offset * storage.type.byteCount
    if shape.contains(0) { return start..<start }
    var expected = 1
    for (extent, step) in zip(shape, strides).reversed() {
      guard extent == 1 || step == expected else { return nil }
      expected *= extent
    }
    return start..<start + byteCount
  }

  /// Appends the elements in order to `bytes`, the file. Returns their place.
  func gather(into bytes: inout [UInt8]) -> Range<Int> {
    let (begin, size) = (bytes.count, storage.type.byteCount)
    bytes.reserveCapacity(begin + byteCount)
    var index = [Int](repeating: 0, count: shape.count)
    for _ in 0..<shape.reduce(1, *) {
      let element = offset + zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
      let start = storage.entry.range.lowerBound + element * size
      for byte in start..<start + size { bytes.append(bytes[byte]) }
      for dimension in index.indices.reversed() {
        index[dimension] += 1
        if index[dimension] < shape[dimension] { break }
        index[dimension] = 0
      }
    }
    return begin..<bytes.count
  }
}

extension Safetensors.ElementType {
  /// True if every element in `range` of `bytes` is a number that float32 can hold. Whole numbers always are.
  func areFinite(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
    switch self {
    case .f16: !stride(from: range.lowerBound, to: range.upperBound, by: 2).contains { bytes[$0 + 1] & 0x7C == 0x7C }
    case .bf16:
      !stride(from: range.lowerBound, to: range.upperBound, by: 2).contains {
        bytes[$0 + 1] & 0x7F == 0x7F && bytes[$0] & 0x80 != 0
      }
    case .f32:
      !stride(from: range.lowerBound, to: range.upperBound, by: 4).contains {
        bytes[$0 + 3] & 0x7F == 0x7F && bytes[$0 + 2] & 0x80 != 0
      }
    case .f64:
      // The exponent: 1023 + 128 is the first that float32 cannot hold.
      !stride(from: range.lowerBound, to: range.upperBound, by: 8).contains {
        Int(bytes[$0 + 7] & 0x7F) << 4 | Int(bytes[$0 + 6] >> 4) >= 1023 + 128
      }
    case .i64, .i32, .i16, .i8, .u8, .bool: true
    }
  }
}
