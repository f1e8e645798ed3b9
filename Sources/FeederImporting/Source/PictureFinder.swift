import FeederDatasets

/// Finds the picture that a label file names: the path as given, the base name beside the label file, the base name among the
/// pictures. Both slashes part folders. Only pictures of the data set's folder, or of the folder that the user named, are found.
struct PictureFinder {
  /// What a name leads to.
  enum Answer: Equatable {
    /// One picture: its absolute path.
    case found(String)
    /// Pictures among which nothing decides.
    case several([String])
    /// No picture; the path as it was given leads out of the data set's folder.
    case outside
    /// No picture.
    case missing
  }

  private struct Picture {
    let path: String
    let parts: [Substring]
  }

  /// What tools call the folder of the images.
  private static let imageFolders: Set<String> = ["images", "jpegimages", "image", "imgs", "img"]

  private let root: String
  private var byName: [String: [Picture]] = [:]
  private var byStem: [String: [Picture]] = [:]

  /// The pictures of a data set, absolute paths, sorted.
  let paths: [String]

  /// Lists the pictures of `source`, or those below the folder that the user named. Throws `DatasetError` if a folder cannot be listed.
  init(_ source: SourceFolder, imageFolder: String?) throws {
    root = imageFolder.map(FileBytes.realPath) ?? source.folder
    let files = try imageFolder == nil ? source.files() : SourceFolder.list(root)
    var paths: [String] = []
    for file in files where FileKind(file).isImage {
      let path = root + "/" + file
      paths.append(path)
      let picture = Picture(path: path, parts: path.split(separator: "/"))
      let name = picture.parts.last?.lowercased() ?? ""
      byName[name, default: []].append(picture)
      byStem[String(FileKind.stem(name)), default: []].append(picture)
    }
    self.paths = paths
  }

  /// The picture that `name`, written in `labelFile`, leads to. `split` breaks a tie: the picture in a folder of its name.
  func find(_ name: String, from labelFile: String, split: Split? = nil) -> Answer {
    guard !name.utf8.contains(0) else { return .missing }
    let given = name.replacing("\\", with: "/")
    // A drive of Windows and the address of a server are no folders here.
    let isAbsolute = given.hasPrefix("/") || given.prefix { $0 != "/" }.contains(":")
    let parts = given.split(separator: "/").filter { $0 != "." }
    guard let base = parts.last, base != ".." else { return .missing }
    let home = PathText.folder(of: labelFile).split(separator: "/")
    // Some tools leave the ending away.
    let isStem = byName[base.lowercased()] == nil && !FileKind(String(base)).isImage
    guard let pictures = isStem ? byStem[base.lowercased()] : byName[base.lowercased()] else {
      let leadsOut = isAbsolute ? !given.hasPrefix(root + "/") : climbs(parts, from: home)
      return leadsOut ? .outside : .missing
    }
    let folders = parts.dropLast().split(separator: "..").last ?? []
    return Self.choose(pictures, base: base, folders: folders, home: home, root: root, split: split)
  }

  /// The picture of the label file's own name, whatever its ending.
  func find(stemOf labelFile: String, split: Split? = nil) -> Answer {
    let home = PathText.folder(of: labelFile).split(separator: "/")
    let stem = FileKind.stem(labelFile.split(separator: "/").last.map(String.init) ?? "")
    guard let pictures = byStem[stem.lowercased()] else { return .missing }
    return Self.choose(pictures, base: stem, folders: [], home: home, root: root, split: split)
  }

  /// The best of `pictures`: first the name in its very case, then beside the label file as the path says, then most folders of the
  /// path as given, then in a folder of images rather than of masks, then the folder of the split, then nearest to the label file, then
  /// in the folder that holds the folders of all others.
  private static func choose(
    _ pictures: [Picture], base: Substring, folders: ArraySlice<Substring>, home: [Substring], root: String,
    split: Split?
  ) -> Answer {
    var left = best(pictures) { picture in
      let holders = picture.parts.dropLast()
      let isExact = picture.parts.last.map { $0 == base || FileKind.stem(String($0)) == base } ?? false
      let common = zip(holders.reversed(), folders.reversed()).prefix { $0.lowercased() == $1.lowercased() }.count
      let isBeside = common == folders.count && holders.dropLast(common).elementsEqual(home)
      let isAmongImages = holders.contains { imageFolders.contains($0.lowercased()) }
      return [isExact ? 1 : 0, isBeside ? 1 : 0, common, isAmongImages ? 1 : 0]
    }
    if left.count > 1, let split {
      let inFolder = left.filter { Split.named(byFolders: $0.path.dropFirst(root.count)) == split }
      if !inFolder.isEmpty { left = inFolder }
    }
    left = best(left) { picture in [zip(picture.parts.dropLast(), home).prefix { $0 == $1 }.count] }
    let highest = best(left) { picture in [-picture.parts.count] }
    if highest.count == 1, left.allSatisfy({ $0.parts.starts(with: highest[0].parts.dropLast(folders.count + 1)) }) {
      left = highest
    }
    return left.count == 1 ? .found(left[0].path) : .several(left.map(\.path))
  }

  private static func best(_ pictures: [Picture], _ score: (Picture) -> [Int]) -> [Picture] {
    guard pictures.count > 1 else { return pictures }
    let scored = pictures.map { (score: score($0), picture: $0) }
    guard let most = scored.map(\.score).max(by: { $0.lexicographicallyPrecedes($1) }) else { return [] }
    return scored.filter { $0.score == most }.map(\.picture)
  }

  /// True if a relative path leads out of the data set's folder from the folder `home` in it.
  private func climbs(_ path: [Substring], from home: [Substring]) -> Bool {
    var depth = max(home.count - root.split(separator: "/").count, 0)
    for part in path {
      depth += part == ".." ? -1 : 1
      if depth < 0 { return true }
    }
    return false
  }
}
