import Foundation

/// The folders that hold label files, listed once each, and found although their names differ in case or Unicode form.
struct LabelFolders {
  /// Two names of one thing that differ in case or Unicode form.
  struct Rename: Hashable {
    let found: String
    let wanted: String
  }

  /// Folders that were found under another name than the wanted one.
  private(set) var renames: Set<Rename> = []
  private var known: [String: String?] = [:]

  /// The folder at `path`, or the one beside it whose name differs in case or Unicode form alone; nil if there is none. Throws
  /// `DatasetError` if there are two, or if the path is a link to nothing or cannot be looked at.
  mutating func find(_ path: String) throws -> String? {
    if let answer = known[path] { return answer }
    let answer = try search(path)
    known[path] = .some(answer)
    return answer
  }

  private mutating func search(_ path: String) throws -> String? {
    if try Self.isFolder(path) { return path }
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex,
      let parent = try find(String(path[..<slash])), let listing = FolderListing(parent)
    else { return nil }
    let wanted = path[path.index(after: slash)...].lowercased()
    let found = try listing.items.filter { try $0.name.lowercased() == wanted && Self.isFolder(parent + "/" + $0.name) }
    guard found.count < 2 else {
      let names = found.map(\.name).sorted().joined(separator: "' and '")
      throw DatasetError.images(
        folder: parent, problem: "'\(names)' differ in case alone, and labels may lie in either; rename one")
    }
    guard let name = found.first?.name else { return nil }
    if parent == path[..<slash] { renames.insert(Rename(found: parent + "/" + name, wanted: path)) }
    return parent + "/" + name
  }

  /// True if the path leads to a folder, false if nothing or a file is there. Throws `DatasetError.unreadable` if nobody can tell.
  private static func isFolder(_ path: String) throws -> Bool {
    if let status = FileBytes.status(path) { return status.st_mode & S_IFMT == S_IFDIR }
    let error = errno
    guard error != ENOTDIR, error != ENOENT || PathText.exists(path) else { return false }
    throw FileBytes.unreadable(path, error)
  }

  /// `folder` with its last component `images`, in any case, replaced by `name`; nil if it has none.
  static func twin(of folder: String, named name: String = "labels") -> String? {
    var parts = folder.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.lastIndex(where: { $0.lowercased() == "images" }) else { return nil }
    parts[last] = Substring(name)
    return parts.joined(separator: "/")
  }
}

/// The label files in one folder, by the names of their images.
struct LabelFolder {
  /// The folder.
  let path: String
  /// The files that end in .txt, in any case.
  private(set) var names: [String] = []
  /// Folders inside.
  private(set) var folders: [String] = []
  /// True for files that an image has taken.
  private(set) var isTaken: [Bool]
  /// Files by stem; names of a second file of the same stem, up to Unicode form, stand in `more`.
  private var byStem: [String: Int] = [:]
  private var more: [String: [Int]] = [:]
  /// Files by their stem in small letters, made when it is needed.
  private var loosely: [String: [Int]]?

  /// Lists the folder. Throws `DatasetError.images` if that fails.
  init(_ path: String) throws {
    self.path = path
    guard let listing = FolderListing(path) else {
      throw DatasetError.images(folder: path, problem: "cannot be listed (\(FileBytes.systemReason()))")
    }
    for (name, kind) in listing.items {
      if FileKind(name) == .text {
        let place = names.count
        names.append(name)
        guard name.hasSuffix(".txt") else { continue }
        let stem = String(FileKind.stem(name))
        if byStem[stem] == nil { byStem[stem] = place } else { more[stem, default: []].append(place) }
      } else if kind == .folder || (kind == .unknown && FileBytes.isFolder(path + "/" + name)) {
        folders.append(name)
      }
    }
    isTaken = [Bool](repeating: false, count: names.count)
  }

  /// Marks a file as taken by an image.
  mutating func take(_ place: Int) { isTaken[place] = true }

  /// The file of an image called `stem`, and true if their names are the same byte for byte. Two files that differ in Unicode
  /// form, neither of them the image's own, are no answer: `likely` gives both.
  func exact(_ stem: Substring) -> (place: Int, isSame: Bool)? {
    let key = String(stem)
    guard let place = byStem[key] else { return nil }
    let places = [place] + (more.isEmpty ? [] : more[key] ?? [])
    if let same = places.first(where: { FileKind.stem(names[$0]).utf8.elementsEqual(stem.utf8) }) {
      return (same, true)
    }
    return places.count == 1 ? (place, false) : nil
  }

  /// The files that nobody has taken and whose names differ from the image's in case, Unicode form or by its ending alone.
  mutating func likely(_ imageName: String) -> [Int] {
    if loosely == nil {
      loosely = Dictionary(grouping: names.indices) { FileKind.stem(names[$0]).lowercased() }
    }
    let keys = [FileKind.stem(imageName).lowercased(), imageName.lowercased()]
    return keys.flatMap { loosely?[$0] ?? [] }.filter { !isTaken[$0] }
  }
}
