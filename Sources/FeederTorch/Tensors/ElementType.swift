/// What an element of a tensor is, by torch's number for it (c10/core/ScalarType.h).
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

/// A Swift number that a tensor can hold as it is.
package protocol TensorElement {
  /// Torch's type of this number.
  static var elementType: ElementType { get }
  /// A value to fill new arrays with.
  static var zero: Self { get }
}

extension Float: TensorElement {
  package static var elementType: ElementType { .float32 }
}
extension Double: TensorElement {
  package static var elementType: ElementType { .float64 }
}
extension UInt8: TensorElement {
  package static var elementType: ElementType { .uint8 }
}
extension Int32: TensorElement {
  package static var elementType: ElementType { .int32 }
}
extension Int64: TensorElement {
  package static var elementType: ElementType { .int64 }
}

/// How an image tensor lies in memory.
package enum MemoryFormat: Int, Sendable {
  /// N C H W, row by row.
  case contiguous = 0
  /// N H W C: the channels of a pixel side by side.
  case channelsLast = 2
}

/// Where a tensor lives and its operators run.
package enum Device: Hashable, Sendable, CustomStringConvertible {
  case cpu
  /// The CUDA device of that index.
  case cuda(Int)

  /// `cpu` or `cuda:0`, as people write it.
  package var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    }
  }
}
