import Foundation

/// One image of a split, before its label is looked for.
struct SplitImage: Sendable {
  /// The folder of the split that was listed to find it; nil for an image that a list names.
  let root: String?
  /// The folder that holds it, as it was named.
  let folder: String
  /// Its name in that folder.
  let name: String
  /// Its path below the split's folder without ending, unique over the split.
  var id: String

  /// The file.
  var path: String { folder + "/" + name }
  /// The name without ending.
  var stem: Substring { FileKind.stem(name) }

  /// The image at `path`.
  init(root: String?, id: String, path: String) {
    self.root = root
    self.id = id
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
    folder = String(path[..<slash])
    name = String(path[path.utf8.index(after: slash)...])
  }
}

/// The images of a split, from the folders and lists that a data set names for it.
struct SplitImages: Sendable {
  /// A folder of images, a text file of their paths, or one image.
  enum Source: Sendable, Equatable {
    case folder(String)
    case list(String)
    case image(String)

    /// The path that the data set names.
    var path: String {
      switch self {
      case .folder(let path), .list(let path), .image(let path): path
      }
    }
  }

  /// The images, sorted by id.
  private(set) var images: [SplitImage] = []
  /// The folders that were listed.
  private(set) var roots: [String] = []
  /// Images of kinds that Feeder does not read.
  private(set) var otherImages: [String] = []
  /// Files that are no images.
  private(set) var otherFiles: [String] = []
  /// Images whose names begin with a dot.
  private(set) var hiddenImages: [String] = []
  /// Images that the sources name again.
  private(set) var repeated = Sightings()
  /// Folders that links lead to too often.
  private(set) var repeatedFolders: [String] = []
  /// Images that are links to nothing.
  private(set) var deadLinks: [String] = []
  /// How paths of lists were read, if not as they stand.
  private(set) var notes: [String] = []

  /// Reads folders and lists; paths of lists are looked for below the list's folder and `bases`. Throws `DatasetError`.
  init(_ sources: [Source], bases: [String]) throws {
    for source in sources {
      switch source {
      case .folder(let folder): try addFolder(folder)
      case .image(let path): images.append(SplitImage(root: nil, id: "", path: path))
      case .list(let list): try addList(list, bases: bases)
      }
    }
    let place = sources.map(\.path).joined(separator: ", ")
    if case .folder(let folder)? = sources.first, sources.count == 1 {
      // Below a folder `images` every component is a part of the name, as it always was.
      if LabelFolders.twin(of: folder) == nil { try name(place) { $0.id.split(separator: "/").dropLast() } }
      return
    }
    dropRepeated()
    let common = commonFolder
    try name(place) { $0.folder.split(separator: "/").dropFirst(common.count) }
  }

  private mutating func addFolder(_ folder: String) throws {
    let listing = try ImageListing(folder: folder)
    roots.append(folder)
    images += listing.images.map { SplitImage(root: folder, id: $0.id, path: $0.path) }
    otherImages += listing.otherImages
    otherFiles += listing.otherFiles
    hiddenImages += listing.hiddenImages
    repeatedFolders += listing.repeatedFolders
    deadLinks += listing.deadLinks
  }

  private mutating func addList(_ list: String, bases: [String]) throws {
    let list = try ImageList(list, bases: bases)
    for path in list.paths {
      switch FileKind(path) {
      case .image: images.append(SplitImage(root: nil, id: "", path: path))
      case .otherImage: otherImages.append(path)
      case .text, .nothing, .other: otherFiles.append(path)
      }
    }
    if let note = list.note { notes.append(note) }
  }

  private mutating func dropRepeated() {
    var seen: Set<String> = []
    images = images.filter { image in
      if seen.insert(image.path).inserted { return true }
      repeated.note(image.path)
      return false
    }
  }

  /// The components of the folder that holds all images.
  private var commonFolder: [Substring] {
    var common = images.first?.folder.split(separator: "/") ?? []
    for folder in Set(images.map(\.folder)) {
      let parts = folder.split(separator: "/", maxSplits: common.count)
      let same = zip(common, parts).prefix { $0 == $1 }.count
      if same < common.count { common.removeLast(common.count - same) }
    }
    return common
  }

  /// Names each image by `folders` and its own name, without folders `images`, which are no part of a name: tools look for labels by them.
  private mutating func name(_ place: String, folders: (SplitImage) -> ArraySlice<Substring>) throws {
    for index in images.indices {
      let parts = folders(images[index]).filter { $0.lowercased() != "images" }
      images[index].id = (parts + [images[index].stem]).joined(separator: "/")
    }
    images.sort { $0.id < $1.id }
    for (left, right) in zip(images, images.dropFirst()) where left.id == right.id {
      throw DatasetError.images(
        folder: place, problem: "\(left.path) and \(right.path) would share the image id '\(left.id)'; rename one")
    }
  }
}
