/// The classes and functions that a checkpoint of a network may name. None is looked up; any other name means a file that would run
/// something in the program that it was made for, so it is refused.
enum PickleNames {
  /// True if a checkpoint may name `name` of `module`.
  static func allows(_ module: String, _ name: String) -> Bool {
    guard isWord(name), module.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ isWord($0) }) else {
      return false
    }
    if let names = plain[module] { return names.contains(name) }
    let isOfNetwork = networks.contains { module == $0 || module.hasPrefix($0 + ".") }
    return isOfNetwork && name.first?.isUppercase == true
  }

  private static func isWord(_ text: some StringProtocol) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) }
  }

  /// Packages whose classes are parts of networks: names that begin with a capital.
  private static let networks = ["ultralytics", "models", "torch.nn"]

  /// Plain data.
  private static let plain: [String: Set<String>] = [
    "torch._utils": ["_rebuild_tensor_v2", "_rebuild_parameter"],
    "torch": TorchStorage.names.union([
      "Size", "device", "float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool",
    ]),
    "collections": ["OrderedDict"],
    "__builtin__": builtins, "builtins": builtins,
    "numpy": ["dtype", "ndarray", "float32", "float64", "int32", "int64"],
    "numpy.core.multiarray": ["scalar", "_reconstruct"], "numpy._core.multiarray": ["scalar", "_reconstruct"],
    "_codecs": ["encode"],
    "pathlib": paths, "pathlib._local": paths,
    "argparse": ["Namespace"], "types": ["SimpleNamespace"],
    "datetime": ["datetime", "date", "timedelta"],
  ]
  private static let builtins: Set<String> = [
    "set", "frozenset", "list", "dict", "tuple", "int", "float", "bool", "str", "bytes", "bytearray", "complex",
    "object",
  ]
  private static let paths: Set<String> = ["Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"]
}
