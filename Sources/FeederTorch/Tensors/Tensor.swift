import CTorch

/// A tensor of libtorch: numbers of one type and a shape, on one device.
///
/// Owns one reference to torch's tensor and releases it in deinit. Letters in shapes: B images, A anchors, C channels
/// or classes, H rows, W columns, M boxes of an image, N boxes of a batch. Throwing functions throw `EngineError`, with
/// torch's message, if torch refuses or memory is missing.
package final class Tensor {
  let handle: OpaquePointer

  /// Takes over a reference from the shim.
  init(owning handle: OpaquePointer) { self.handle = handle }

  deinit { ct_release(handle) }

  /// A CPU tensor with a copy of `values`, in row-major order, which must fill `shape`.
  package convenience init<T: TensorElement>(_ values: [T], shape: [Int]) throws {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill the shape \(shape)")
    try self.init(bytes: values.withUnsafeBytes { $0 }, type: T.elementType, shape: shape, keeping: values)
  }

  /// A CPU tensor with a copy of `bytes`, which must fill `shape`.
  package convenience init(copying bytes: UnsafeRawBufferPointer, type: ElementType, shape: [Int]) throws {
    precondition(bytes.count == shape.reduce(type.byteCount, *), "\(bytes.count) bytes do not fill the shape \(shape)")
    var handle: OpaquePointer?
    let extents = shape.map(Int64.init)
    try check(
      ct_from_bytes(bytes.baseAddress, type.rawValue, extents, Int32(extents.count), &handle), "making a tensor")
    self.init(owning: Self.present(handle))
  }

  private convenience init<T>(bytes: UnsafeRawBufferPointer, type: ElementType, shape: [Int], keeping: [T]) throws {
    try self.init(
      copying: UnsafeRawBufferPointer(start: bytes.baseAddress, count: bytes.count), type: type, shape: shape)
    withExtendedLifetime(keeping) {}
  }

  /// A CPU tensor over the caller's memory, which the caller must keep alive and unchanged as long as the tensor
  /// exists.
  package convenience init(borrowing bytes: UnsafeMutableRawBufferPointer, type: ElementType, shape: [Int]) throws {
    precondition(bytes.count >= shape.reduce(type.byteCount, *), "\(bytes.count) bytes do not fill the shape \(shape)")
    var handle: OpaquePointer?
    let extents = shape.map(Int64.init)
    try check(
      ct_borrow_bytes(bytes.baseAddress, type.rawValue, extents, Int32(extents.count), &handle), "wrapping memory")
    self.init(owning: Self.present(handle))
  }

  private static func present(_ handle: OpaquePointer?) -> OpaquePointer {
    guard let handle else { preconditionFailure("the shim returned success without a tensor") }
    return handle
  }

  /// Extents, outermost first.
  package var shape: [Int] { (0..<ct_rank(handle)).map { Int(ct_extent(handle, $0)) } }
  /// The extent of one dimension; negative numbers count from the last.
  package func extent(_ dimension: Int) -> Int {
    let rank = Int(ct_rank(handle))
    let index = dimension < 0 ? dimension + rank : dimension
    precondition(index >= 0 && index < rank, "dimension \(dimension) of a tensor of rank \(rank)")
    return Int(ct_extent(handle, Int32(index)))
  }
  /// Number of elements.
  package var count: Int { shape.reduce(1, *) }
  /// The number format of the elements.
  package var type: ElementType {
    guard let type = ElementType(rawValue: ct_type(handle)) else {
      preconditionFailure("torch scalar type \(ct_type(handle)) has no name here")
    }
    return type
  }
  /// The device that holds the tensor.
  package var device: Device {
    let index = ct_device(handle)
    return index < 0 ? .cpu : .cuda(Int(index))
  }

  /// All elements in row-major order, converted to `T` and copied to the host. Waits for the device.
  package func array<T: TensorElement>(of _: T.Type = Float.self) throws -> [T] {
    let same = type == T.elementType ? self : try to(T.elementType)
    var values = [T](repeating: T.zero, count: count)
    try values.withUnsafeMutableBytes { bytes in
      try check(ct_copy_to(same.handle, bytes.baseAddress, Int64(bytes.count)), "copying a tensor")
    }
    return values
  }

  /// The only element of a tensor with one element. Waits for the device.
  package func item() throws -> Double {
    precondition(count == 1, "item() of a tensor of shape \(shape)")
    return try array(of: Double.self)[0]
  }

  /// Copies the elements without conversion into `bytes`, which must have their size. Waits for the device.
  package func copy(to bytes: UnsafeMutableRawBufferPointer) throws {
    try check(ct_copy_to(handle, bytes.baseAddress, Int64(bytes.count)), "copying a tensor")
  }

  /// Tensors that this thread got from the shim and has not released, for leak tests.
  package static var liveCount: Int { Int(ct_live_count()) }
}
