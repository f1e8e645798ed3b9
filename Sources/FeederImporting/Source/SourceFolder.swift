import FeederCore
import FeederDatasets
import FeederFiles
import Foundation

/// A data set's folder as importers look through it: listed once, links followed, names that begin with a dot left out.
///
/// One thread uses it.
final class SourceFolder {
  /// What the user named.
  let named: String
  /// The folder of the data set, absolute: what the user named, or the folder of the file that he named.
  let folder: String
  /// The file that the user named, absolute; nil if it is a folder.
  let chosen: String?

  /// How often links may lead to one folder: a few folders that are linked are read, a maze of links ends.
  private static let mostVisits = 8
  private var listing: [String]?
  private var byEnding: [String: [String]] = [:]
  /// The kinds of label files that were looked at; nil for a file of no known kind.
  var kinds: [String: LabelFileKind?] = [:]
  /// Why label files cannot be read whose kind cannot be said.
  var faults: [String: DatasetError] = [:]
  /// The kind of label files that an importer reads.
  var chosenKind: LabelFileKind?

  /// The data set at `source`. Throws `DatasetError.source` if nothing is there.
  init(_ source: String) throws {
    named = source
    let path = URL(filePath: source).absoluteURL.standardizedFileURL.path
    guard FileBytes.status(path) != nil else {
      throw DatasetError.source(file: source, line: nil, problem: DeadLink.problem(path) ?? "is not there")
    }
    chosen = FileBytes.isFolder(path) ? nil : path
    folder = chosen == nil ? path : PathText.folder(of: path)
  }

  /// The absolute path of a file of `files`.
  func path(_ file: String) -> String { folder + "/" + file }

  /// `path` below the data set's folder if it lies there.
  func shortName(_ path: String) -> String {
    path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
  }

  /// The files below the folder, relative to it, sorted. Throws `DatasetError` if a folder cannot be listed.
  func files() throws -> [String] {
    if let listing { return listing }
    let found = try Self.list(folder)
    listing = found
    return found
  }

  /// The files with an ending of `endings`, which are in small letters and without dot; only the chosen one if the user chose it.
  func files(ending endings: String...) throws -> [String] {
    func fits(_ name: String) -> Bool { endings.contains { name.lowercased().hasSuffix("." + $0) } }
    if let chosen { return fits(chosen) ? [shortName(chosen)] : [] }
    let key = endings.joined(separator: " ")
    if let known = byEnding[key] { return known }
    let found = try files().filter(fits)
    byEnding[key] = found
    return found
  }

  /// The files below `folder`, relative to it, sorted. Throws `DatasetError` if a folder cannot be listed.
  static func list(_ folder: String) throws -> [String] {
    var files: [String] = []
    var visits: [String: Int] = [:]
    try collect(folder, prefix: "", ancestors: [], &visits, &files)
    files.sort()
    return files
  }

  private static func collect(
    _ folder: String, prefix: String, ancestors: Set<String>, _ visits: inout [String: Int], _ files: inout [String]
  ) throws {
    guard let own = FileBytes.status(folder) else { throw FileBytes.unreadable(folder, errno) }
    let key = "\(own.st_dev):\(own.st_ino)"
    // A link that leads back up would never end.
    guard !ancestors.contains(key) else { return }
    visits[key, default: 0] += 1
    guard visits[key, default: 0] <= mostVisits else { return }
    guard let listing = FolderListing(folder) else {
      throw DatasetError.images(folder: folder, problem: "cannot be listed (\(FileBytes.systemReason()))")
    }
    if let name = listing.oddNames.min() {
      throw DatasetError.images(folder: folder, problem: "the name of '\(name)' is not UTF-8; rename it")
    }
    for (name, kind) in listing.items {
      if kind == .folder || (kind == .unknown && FileBytes.isFolder(folder + "/" + name)) {
        try collect(
          folder + "/" + name, prefix: prefix + name + "/", ancestors: ancestors.union([key]), &visits, &files)
      } else {
        files.append(prefix + name)
      }
    }
  }
}
