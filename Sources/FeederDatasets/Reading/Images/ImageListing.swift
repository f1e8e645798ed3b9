import FeederCore
import Foundation

/// The image files below a folder, found by their endings, sub-folders included, links followed.
package struct ImageListing: Sendable {
  /// The images that Feeder reads, sorted by id: the path below the folder without its ending.
  package private(set) var images: [(id: String, path: String)] = []
  /// Images that Feeder does not read (.png, .bmp, ...), sorted.
  package private(set) var otherImages: [String] = []
  /// Files that are neither images nor text, sorted.
  package private(set) var otherFiles: [String] = []
  /// Images whose names begin with a dot, sorted. What macOS leaves beside files, `._NAME`, is none unless it holds an image.
  package private(set) var hiddenImages: [String] = []
  /// Folders that were left out because a link leads to them again and again.
  package private(set) var repeatedFolders: [String] = []
  /// Images that are links to nothing, in no order.
  package private(set) var deadLinks: [String] = []

  /// How often links may lead to one folder: a few camera folders that are linked are read, a maze of links ends.
  private static let mostVisits = 8

  /// Lists `folder`. Throws `DatasetError` if it cannot be listed, a name is not UTF-8 or two files would share an id.
  package init(folder: String) throws {
    var visits: [String: Int] = [:]
    try collect(folder, prefix: "", ancestors: [], visits: &visits)
    images.sort { $0.id < $1.id }
    otherImages.sort()
    otherFiles.sort()
    hiddenImages.sort()
    for (left, right) in zip(images, images.dropFirst()) where left.id == right.id {
      throw DatasetError.images(
        folder: folder, problem: "\(left.path) and \(right.path) would share the image id '\(left.id)'; rename one")
    }
  }

  /// What was left out, a line each with `title` in front.
  package func lines(_ title: String) -> [String] {
    var findings = DatasetFindings()
    findings.noteOthers(otherImages, otherFiles, hiddenImages, repeatedFolders) { $0 }
    return findings.lines(title)
  }

  private mutating func collect(
    _ folder: String, prefix: String, ancestors: Set<String>, visits: inout [String: Int]
  ) throws {
    guard let own = FileBytes.status(folder) else { throw FileBytes.unreadable(folder, errno) }
    let key = "\(own.st_dev):\(own.st_ino)"
    // A link that leads back up would never end.
    guard !ancestors.contains(key) else { return }
    visits[key, default: 0] += 1
    guard visits[key, default: 0] <= Self.mostVisits else { return repeatedFolders.append(folder) }
    guard let listing = FolderListing(folder) else {
      throw DatasetError.images(folder: folder, problem: "cannot be listed (\(FileBytes.systemReason()))")
    }
    if let name = listing.oddNames.min() {
      throw DatasetError.images(folder: folder, problem: "the name of '\(name)' is not UTF-8; rename it")
    }
    for name in listing.hiddenNames where FileKind(name).isImage {
      let path = folder + "/" + name
      if !FileBytes.isFolder(path), !name.hasPrefix("._") || FileKind.holdsImage(path) { hiddenImages.append(path) }
    }
    for (name, kind) in listing.items {
      let path = folder + "/" + name
      let isFolder = kind == .folder || (kind == .unknown && isFolder(path, name))
      if isFolder {
        try collect(path, prefix: prefix + name + "/", ancestors: ancestors.union([key]), visits: &visits)
        continue
      }
      switch FileKind(name) {
      case .image: images.append((prefix + FileKind.stem(name), path))
      case .otherImage: otherImages.append(path)
      case .other: otherFiles.append(path)
      case .text, .nothing: break
      }
    }
  }

  /// True if a link leads to a folder; notes an image that leads to nothing.
  private mutating func isFolder(_ path: String, _ name: String) -> Bool {
    if let status = FileBytes.status(path) { return status.st_mode & S_IFMT == S_IFDIR }
    if errno == ENOENT, FileKind(name) == .image { deadLinks.append(path) }
    return false
  }
}
