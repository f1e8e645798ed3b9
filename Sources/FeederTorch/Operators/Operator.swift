import CTorch

/// One argument of an operator.
enum Argument {
  case defaulted
  case none
  case tensor(Tensor)
  case int(Int)
  case double(Double)
  case bool(Bool)
  case ints([Int])
  case tensors([Tensor])
  case device(Device)

  static func type(_ type: ElementType) -> Argument { .int(Int(type.rawValue)) }
  static func format(_ format: MemoryFormat) -> Argument { .int(format.rawValue) }
  static func optional(_ tensor: Tensor?) -> Argument { tensor.map(Argument.tensor) ?? .none }
}

/// An operator of libtorch's dispatcher, found once by name. Autograd and autocast apply to it as in Python.
///
/// Boxed calls cost a few hundred nanoseconds each, but one function then serves every operator (docs/decisions/0003).
struct Operator: @unchecked Sendable {  // the handle is never written after `init`
  private let name: String
  private let found: Result<OpaquePointer, EngineError>

  init(_ name: String, _ overload: String = "") {
    self.name = name
    var handle: OpaquePointer?
    if ct_operator_find("aten::" + name, overload, &handle) == 0, let handle {
      found = .success(handle)
    } else {
      found = .failure(EngineError(name))
    }
  }

  /// Runs the operator and returns the first tensor of its result. Throws `EngineError` if it fails.
  func callAsFunction(_ arguments: Argument...) throws -> Tensor {
    let results = try call(arguments, capacity: 4)
    precondition(!results.isEmpty, "\(name) returned no tensor")
    return results[0]
  }

  /// Runs the operator and returns all tensors of its result, at most `capacity`. Throws `EngineError` if it fails.
  func all(_ arguments: Argument..., capacity: Int = 8) throws -> [Tensor] {
    try call(arguments, capacity: capacity)
  }

  /// Runs an operator that changes its arguments. Throws `EngineError` if it fails.
  func run(_ arguments: Argument..., capacity: Int = 8) throws {
    _ = try call(arguments, capacity: capacity)
  }

  private func call(_ arguments: [Argument], capacity: Int) throws -> [Tensor] {
    let handle = try found.get()
    // The lists are stored one after the other in two arrays that outlive the call.
    var integers: [Int64] = []
    var handles: [OpaquePointer?] = []
    for argument in arguments {
      switch argument {
      case .ints(let list): integers.append(contentsOf: list.lazy.map(Int64.init))
      case .tensors(let list): handles.append(contentsOf: list.lazy.map(\.handle))
      default: break
      }
    }
    var results = [OpaquePointer?](repeating: nil, count: capacity)
    var count: Int32 = 0
    let status = integers.withUnsafeBufferPointer { integers in
      handles.withUnsafeBufferPointer { handles in
        var values: [ct_value] = []
        values.reserveCapacity(arguments.count)
        var (nextInteger, nextHandle) = (0, 0)
        for argument in arguments {
          var value = ct_value()
          switch argument {
          case .defaulted: value.tag = Int32(CT_DEFAULT)
          case .none: value.tag = Int32(CT_NONE)
          case .tensor(let tensor):
            value.tag = Int32(CT_TENSOR)
            value.pointer = UnsafeRawPointer(tensor.handle)
          case .int(let number):
            value.tag = Int32(CT_INT)
            value.integer = Int64(number)
          case .double(let number):
            value.tag = Int32(CT_DOUBLE)
            value.number = number
          case .bool(let flag):
            value.tag = Int32(CT_BOOL)
            value.integer = flag ? 1 : 0
          case .ints(let list):
            value.tag = Int32(CT_INTS)
            value.pointer = UnsafeRawPointer(integers.baseAddress.map { $0 + nextInteger })
            value.count = Int64(list.count)
            nextInteger += list.count
          case .tensors(let list):
            value.tag = Int32(CT_TENSORS)
            value.pointer = UnsafeRawPointer(handles.baseAddress.map { $0 + nextHandle })
            value.count = Int64(list.count)
            nextHandle += list.count
          case .device(let device):
            value.tag = Int32(CT_DEVICE)
            if case .cuda(let index) = device { value.integer = Int64(index) } else { value.integer = -1 }
          }
          values.append(value)
        }
        return withExtendedLifetime(arguments) {
          ct_call(handle, values, Int32(values.count), &results, Int32(capacity), &count)
        }
      }
    }
    try check(status, name)
    return results.prefix(Int(count)).compactMap { $0.map(Tensor.init(owning:)) }
  }
}
