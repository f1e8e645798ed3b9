/// The number format of a tensor's elements, with torch's number for it (c10/core/ScalarType.h).
package enum ElementType: Int32, Sendable {
  case uint8 = 0
  case int8 = 1
  case int16 = 2
  case int32 = 3
  case int64 = 4
  case float16 = 5
  case float32 = 6
  case float64 = 7
  case bool = 11
  case bfloat16 = 15

  /// Bytes of one element.
  package var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }
}

/// A Swift number that a tensor can hold without conversion.
package protocol TensorElement {
  /// Torch's type of this number.
  static var elementType: ElementType { get }
  /// The value that fills new arrays.
  static var zero: Self { get }
}

extension Float: TensorElement {
  /// 32-bit floating point.
  package static var elementType: ElementType { .float32 }
}
extension Double: TensorElement {
  /// 64-bit floating point.
  package static var elementType: ElementType { .float64 }
}
extension UInt8: TensorElement {
  /// 8-bit unsigned integer.
  package static var elementType: ElementType { .uint8 }
}
extension Int32: TensorElement {
  /// 32-bit integer.
  package static var elementType: ElementType { .int32 }
}
extension Int64: TensorElement {
  /// 64-bit integer.
  package static var elementType: ElementType { .int64 }
}

/// The memory layout of an image tensor.
package enum MemoryFormat: Int, Sendable {
  /// N C H W, in row-major order.
  case contiguous = 0
  /// N H W C: the channels of a pixel are adjacent.
  case channelsLast = 2
}

/// The device that holds a tensor and runs its operators.
package enum Device: Hashable, Sendable, CustomStringConvertible {
  /// The host's processor.
  case cpu
  /// The CUDA device with this index.
  case cuda(Int)

  /// The device as text: `cpu` or `cuda:0`.
  package var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    }
  }
}
