/// Limits that are checked before anything is allocated. The largest published network, in the middle of a training, stays under a
/// tenth of each.
enum PickleLimits {
  /// Entries of the zip file.
  static let entries = 65_536
  /// Bytes of the pickle.
  static let pickleBytes = 64 << 20
  /// Opcodes of the pickle.
  static let opcodes = 4 << 20
  /// Objects that the opcodes make.
  static let objects = 1 << 20
  /// Elements in all lists, tuples and dictionaries.
  static let elements = 4 << 20
  /// Objects on the stack, and open marks.
  static let stack = 1 << 20
  /// The largest number of a memo.
  static let memo = 1 << 20
  /// Bytes of one text.
  static let textBytes = 1 << 20
  /// Bytes of a module's or a class's name.
  static let nameBytes = 256
  /// Modules inside of modules.
  static let depth = 64
  /// Tensors of a network, and its modules.
  static let modules = 16_384
  /// Elements that are looked at on the way through the modules.
  static let steps = 8 << 20
  /// Bytes of a tensor's name.
  static let tensorNameBytes = 512
  /// Extents of one tensor.
  static let dimensions = 8
  /// Classes of a detector.
  static let classes = 65_536
}
