import FeederDatasets

/// MVTec AD (Bergmann et al., 2019) and data sets of its layout: pictures in `CATEGORY/SET/KIND/NAME`, masks in
/// `CATEGORY/ground_truth/KIND/NAME_mask`. A kind with masks is a class, each connected part of a mask an object; pictures of other
/// kinds are good. Its `train` has good pictures alone, which is no split to train a detector with, so images have no split.
enum MVTec: DatasetImporter {
  static let name = "mvtec"

  private static let truth = "ground_truth"

  static func recognises(_ source: SourceFolder) throws -> Recognition? {
    guard source.chosen == nil else { return nil }
    return try source.files().first { isMask($0) }.map { .sure("it holds \($0)") }
  }

  /// True for an image in a folder of a folder `ground_truth`.
  private static func isMask(_ file: String) -> Bool {
    FileKind(file).isImage && file.split(separator: "/").dropLast(2).last.map(String.init) == truth
  }

  /// A mask's category, kind and name, by which its picture is found.
  private struct Key: Hashable {
    let category: String
    let kind: String
    let stem: String
  }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    var builder = try DatasetBuilder(source, settings, entryName: "mask")
    builder.classes.isFromSeveralFiles = true
    let files = try source.files().filter { FileKind($0).isImage }
    let masks = Set(files.filter(isMask))
    var pictures: [Key: [String]] = [:]
    for file in files where !masks.contains(file) { pictures[key(file), default: []].append(file) }
    let kinds = Set(masks.map { Key(category: key($0).category, kind: key($0).kind, stem: "") })
    let reader = try MaskFile.Reader()
    for mask in masks.sorted() {
      let place = DatasetBuilder.Place(file: source.path(mask))
      builder.notPictures.insert(source.path(mask))
      var wanted = key(mask)
      let plain = wanted.stem.hasSuffix("_mask") ? String(wanted.stem.dropLast("_mask".count)) : wanted.stem
      wanted = Key(category: wanted.category, kind: wanted.kind, stem: plain)
      guard let found = pictures[wanted], found.count == 1 else {
        if pictures[wanted] == nil {
          builder.noteMissing(plain, at: place)
        } else {
          builder.refuse("fits \(pictures[wanted]?.joined(separator: " and ") ?? "")", at: place)
        }
        continue
      }
      builder.add(source.path(found[0]), mask: source.path(mask), reader.read(source.path(mask)), split: nil) {
        [(wanted.kind, $0.all)]
      }
      pictures[wanted] = nil
    }
    for (key, files) in pictures.sorted(by: { $0.value[0] < $1.value[0] }) {
      // A picture of a defect whose mask is lost is no good one.
      if kinds.contains(Key(category: key.category, kind: key.kind, stem: "")) { continue }
      for file in files { builder.addGood(source.path(file), split: nil) }
    }
    if files.contains(where: { Split.named(byFolders: $0) != nil }) {
      builder.findings.notes.append(
        "the folders train and test part good pictures from defects, so they are no splits here: images are shared out "
          + "by their names")
    }
    return try builder.finish()
  }

  /// The folder two above, the folder above and the stem of a file, with the set's folder left out.
  private static func key(_ file: String) -> Key {
    let parts = file.split(separator: "/")
    return Key(
      category: parts.dropLast(3).joined(separator: "/"), kind: String(parts.dropLast().last ?? ""),
      stem: String(FileKind.stem(String(parts.last ?? ""))))
  }
}
