import Foundation

/// The image files below a folder, found by their endings, sub-folders included, links followed.
struct ImageListing {
  /// The .jpg and .jpeg files, sorted by id.
  private(set) var images: [(id: String, path: String)] = []
  /// Paths of images that Feeder does not read (.png, .bmp, ...), sorted.
  private(set) var otherImages: [String] = []

  private static let endings: Set<String> = ["jpg", "jpeg"]
  private static let otherEndings: Set<String> = ["png", "bmp", "tif", "tiff", "webp", "gif", "heic", "dng", "jp2"]

  /// Lists `folder`. Throws `DatasetError.images` where it cannot be read or two files would share an id.
  init(folder: String) throws {
    var visited: Set<String> = []
    try collect(folder, prefix: "", visited: &visited)
    images.sort { $0.id < $1.id }
    otherImages.sort()
    for (left, right) in zip(images, images.dropFirst()) where left.id == right.id {
      throw DatasetError.images(
        folder: folder, problem: "\(left.path) and \(right.path) would share the image id '\(left.id)'; rename one")
    }
  }

  private mutating func collect(_ folder: String, prefix: String, visited: inout Set<String>) throws {
    // A link that leads back up would never end.
    guard let own = FileBytes.status(folder), visited.insert("\(own.st_dev):\(own.st_ino)").inserted else { return }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw DatasetError.images(folder: folder, problem: "cannot be listed; check its permissions")
    }
    for name in names where !name.hasPrefix(".") {
      let path = folder + "/" + name
      // The list holds names as text: of other bytes it has this sign, and such a file can never be opened.
      if name.unicodeScalars.contains("\u{FFFD}"), FileBytes.status(path) == nil {
        throw DatasetError.images(folder: folder, problem: "the name of '\(name)' is not UTF-8; rename it")
      }
      if FileBytes.isFolder(path) {
        try collect(path, prefix: prefix + name + "/", visited: &visited)
        continue
      }
      guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { continue }
      let ending = name[name.index(after: dot)...].lowercased()
      if Self.endings.contains(ending) {
        images.append((prefix + name[..<dot], path))
      } else if Self.otherEndings.contains(ending) {
        otherImages.append(path)
      }
    }
  }
}
