import FeederDatasets

extension Split {
  /// The split that a word of a folder or a file says: `train`, `Validation`, `val2017`; nil for other words.
  init?(word: some StringProtocol) {
    let plain = word.lowercased().reversed().drop { $0.isNumber }.reversed()
    switch String(plain) {
    case "train", "training": self = .train
    case "val", "valid", "validation": self = .val
    case "test", "testing": self = .test
    default: return nil
    }
  }

  /// The split that a folder on the way to a file names, the last one first; the file's own name does not count.
  static func named(byFolders path: some StringProtocol) -> Split? {
    path.split(separator: "/").dropLast().lazy.reversed().compactMap { Split(word: $0) }.first
  }

  /// The split that a label file's own name says, as `instances_val2017.json` does; nil if it names none or several.
  static func named(byFile path: some StringProtocol) -> Split? {
    let words = path.split(separator: "/").last?.split { "_-. ".contains($0) } ?? []
    let splits = Set(words.compactMap { Split(word: $0) })
    return splits.count == 1 ? splits.first : nil
  }
}
