import FeederCore

/// Which images become `val` if nobody split them: the one rule of reading and of importing.
enum SplitPolicy {
  /// `train` or `val` for each of `ids`, in their order: `val` are those whose checksum falls into the first `valShare`, but at least one,
  /// and not all. So the split depends on the names alone. None is `val` of fewer than two, or of a share of 0.
  static func splits(of ids: some Sequence<String>, valShare: Double) -> [Split] {
    let keys = ids.map { Double(Checksum.xxh64(Array($0.utf8)) >> 11) / 0x1p53 }
    guard keys.count > 1, valShare > 0 else { return keys.map { _ in .train } }
    var splits: [Split] = keys.map { $0 < valShare ? .val : .train }
    let order = keys.indices.sorted { keys[$0] < keys[$1] }
    splits[order[0]] = .val
    splits[order[keys.count - 1]] = .train
    return splits
  }

  /// What a person should know of it.
  static func note(_ count: Int, of all: Int) -> String {
    "\(count) of \(all) images, chosen by their names, are 'val'"
  }
}
