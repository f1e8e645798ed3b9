/// New tensors, conversions and copies. All throw `EngineError` if memory is missing or torch refuses.
extension Tensor {
  private enum Op {
    static let full = Operator("full")
    static let arange = Operator("arange", "start_step")
    static let zerosLike = Operator("zeros_like")
    static let toType = Operator("to", "dtype")
    static let toDevice = Operator("to", "device")
    static let contiguous = Operator("contiguous")
    static let detach = Operator("detach")
    static let copy = Operator("copy_")
    static let fill = Operator("fill_", "Scalar")
    static let zero = Operator("zero_")
  }

  /// A tensor of `shape` with `value` in every element.
  package static func full(
    _ shape: [Int], _ value: Double, type: ElementType = .float32, device: Device = .cpu
  ) throws -> Tensor {
    try Op.full(.ints(shape), .double(value), .type(type), .none, .device(device))
  }

  /// A tensor of `shape` with zeros.
  package static func zeros(_ shape: [Int], type: ElementType = .float32, device: Device = .cpu) throws -> Tensor {
    try full(shape, 0, type: type, device: device)
  }

  /// The numbers 0 to `count` - 1, [`count`].
  package static func range(_ count: Int, type: ElementType = .float32, device: Device = .cpu) throws -> Tensor {
    try Op.arange(.int(0), .int(count), .int(1), .type(type), .none, .device(device))
  }

  /// Zeros with this tensor's shape, type and device.
  package func zerosLike() throws -> Tensor { try Op.zerosLike(.tensor(self)) }

  /// The same numbers in another type; the tensor itself if it has that type.
  package func to(_ type: ElementType) throws -> Tensor { try Op.toType(.tensor(self), .type(type)) }

  /// The same numbers on `device`, and in `type` if given. If `waits` is false, the host continues during the copy:
  /// page-locked memory must then stay unchanged until the stream has passed the copy; other memory may change at once.
  package func to(_ device: Device, type: ElementType? = nil, waits: Bool = true) throws -> Tensor {
    try Op.toDevice(.tensor(self), .device(device), .type(type ?? self.type), .bool(!waits))
  }

  /// The same numbers in row-major order, or with the channels of a pixel adjacent.
  package func contiguous(_ format: MemoryFormat = .contiguous) throws -> Tensor {
    try Op.contiguous(.tensor(self), .format(format))
  }

  /// The same numbers without gradient history.
  package func detach() throws -> Tensor { try Op.detach(.tensor(self)) }

  /// Overwrites the elements with `source`, converted and broadcast to this shape.
  package func copy(from source: Tensor) throws { try Op.copy.run(.tensor(self), .tensor(source)) }

  /// Overwrites every element with `value`.
  package func fill(_ value: Double) throws { try Op.fill.run(.tensor(self), .double(value)) }

  /// Overwrites every element with 0.
  package func zero() throws { try Op.zero.run(.tensor(self)) }
}
