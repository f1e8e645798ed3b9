import FeederDatasets

/// The lists of splits of Pascal VOC: ImageSets/Main/train.txt and so on. Lists of one class (`open_train.txt`) are none.
struct ImageSets {
  private var splits: [String: Split] = [:]

  /// True if there is no list.
  var isEmpty: Bool { splits.isEmpty }

  /// Reads the lists of a data set. Throws `DatasetError` if one cannot be read, or if two name one image.
  init(_ source: SourceFolder) throws {
    guard source.chosen == nil else { return }
    let lists = try source.files(ending: "txt").filter { file in
      let folders = file.split(separator: "/").dropLast()
      return folders.contains("ImageSets") && !folders.contains("Segmentation") && !folders.contains("Layout")
    }
    var found: [(file: String, split: Split)] = []
    for file in lists {
      let stem = FileKind.stem(file.split(separator: "/").last.map(String.init) ?? "")
      if let split = Split(word: stem) { found.append((file, split)) }
    }
    // `trainval` is the sum of two others, if these are there.
    if !found.contains(where: { $0.split == .train }) {
      found += lists.filter { $0.hasSuffix("/trainval.txt") }.map { ($0, .train) }
    }
    for (file, split) in found {
      let bytes = try FileBytes.read(source.path(file), limit: 256 << 20)
      for (number, line) in TextBytes.lines(bytes.dropFirst(TextBytes.markCount(bytes))).enumerated() {
        guard let word = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 }).first else { continue }
        let stem = Self.stem(String(decoding: word, as: UTF8.self))
        if let known = splits.updateValue(split, forKey: stem), known != split {
          throw DatasetError.source(
            file: source.path(file), line: number + 1,
            problem: "names '\(stem)', which a list of '\(known)' names too; an image belongs to one split")
        }
      }
    }
  }

  /// The split of a label file; nil if no list names it.
  func split(of file: String) -> Split? { splits[Self.stem(file)] }

  /// The name without folders, and without the ending of an image or a label file.
  private static func stem(_ path: String) -> String {
    let name = path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? path
    return FileKind(name).isImage || name.lowercased().hasSuffix(".xml") ? String(FileKind.stem(name)) : name
  }
}
