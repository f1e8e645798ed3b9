import Foundation

/// Which label file belongs to which image of a split.
///
/// A label file has the name of its image. It lies in the twin of the image's folder, whose last component `images` is `labels`, or else
/// beside the image. Names that differ in case, Unicode form or by the image's ending alone are matched and told. Label files that no
/// image takes are printed.
struct LabelMatching {
  /// The label file of each image, in the order of the images; its place if there is none.
  private(set) var labelPaths: [String]
  /// True for images that have a label file.
  private(set) var isFound: [Bool]
  /// Label files whose names differ from the names of their images.
  private(set) var renamed = Sightings()
  /// Label files that match no image.
  private(set) var unmatched = Sightings()
  /// Label files that are not read because their images have another.
  private(set) var extra = Sightings()
  /// Folders of images without one label file.
  private(set) var bare = Sightings()

  private var folders = LabelFolders()
  private var lists: [String: LabelFolder] = [:]
  private let images: [SplitImage]
  private let shortName: (String) -> String

  /// Matches the images of a split. `shortName` gives the name of a path in messages. Throws `DatasetError.images` if two label
  /// files may belong to one image, or one to two.
  init(_ split: SplitImages, shortName: @escaping (String) -> String) throws {
    images = split.images
    self.shortName = shortName
    labelPaths = [String](repeating: "", count: images.count)
    isFound = [Bool](repeating: false, count: images.count)
    let byFolder = Dictionary(grouping: images.indices) { images[$0].folder }
    var placesByFolder: [String: [String]] = [:]
    for (folder, members) in byFolder.sorted(by: { $0.key < $1.key }) {
      placesByFolder[folder] = try match(members, in: folder)
    }
    for rename in folders.renames.sorted(by: { $0.wanted < $1.wanted }) {
      renamed.note("\(shortName(rename.found)) for \(shortName(rename.wanted))")
    }
    for path in split.otherImages {
      let folder = String(path[..<(path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex)])
      guard placesByFolder[folder] == nil else { continue }
      let root = split.roots.first { folder == $0 || folder.hasPrefix($0 + "/") }
      let places = Self.places(for: folder, root: root) + [Self.linkedPlace(for: folder)].compactMap { $0 }
      placesByFolder[folder] = try places.compactMap { try folders.find($0) }
    }
    try listAll(below: split.roots)
    noteUnmatched(placesByFolder)
  }

  /// Matches the images of one folder; returns the places that were looked at.
  private mutating func match(_ members: [Int], in folder: String) throws -> [String] {
    let wanted = Self.places(for: folder, root: images[members[0]].root)
    for member in members { labelPaths[member] = wanted[0] + "/" + images[member].stem + ".txt" }
    var places: [String] = []
    var seen: Set<String> = []
    func look(_ place: String) throws {
      guard let path = try folders.find(place), let identity = Self.identity(path), seen.insert(identity).inserted
      else { return }
      if lists[path] == nil { lists[path] = try LabelFolder(path) }
      places.append(path)
      matchExactly(members.filter { !isFound[$0] }, path)
    }
    for place in wanted { try look(place) }
    // What lies there belongs to another data set, unless labels lack here.
    if members.contains(where: { !isFound[$0] }), let place = Self.linkedPlace(for: folder) { try look(place) }
    for place in places { try matchLoosely(members.filter { !isFound[$0] }, place) }
    if !members.contains(where: { isFound[$0] }) {
      try refuseOtherLabels(of: folder)
      bare.note(shortName(folder))
    }
    return places
  }

  // MARK: - Places

  /// The folders of the data set that may hold the labels of the images in `folder`, the best first.
  private static func places(for folder: String, root: String?) -> [String] {
    var places: [String] = []
    if let root, let twin = LabelFolders.twin(of: root) {
      places.append(twin + String(Substring(folder.utf8.dropFirst(root.utf8.count))))
    }
    if let twin = LabelFolders.twin(of: folder) { places.append(twin) }
    return places + [folder]
  }

  /// The folder of labels where a linked folder of images leads.
  private static func linkedPlace(for folder: String) -> String? {
    LabelFolders.twin(of: FileBytes.realPath(folder))
  }

  /// Roboflow's oriented boxes lie in `labelTxt`, in pixels and with class names: unread, their images would count as images without
  /// objects.
  private func refuseOtherLabels(of folder: String) throws {
    guard let other = LabelFolders.twin(of: folder, named: "labelTxt"), FileBytes.isFolder(other) else { return }
    throw DatasetError.images(
      folder: other,
      problem: "holds labels of the DOTA format, which are in pixels; run 'feeder prepare' on the data set first")
  }

  // MARK: - Matching

  private mutating func matchExactly(_ members: [Int], _ place: String) {
    guard var list = lists.removeValue(forKey: place) else { return }
    for member in members {
      guard let (label, isSame) = list.exact(images[member].stem) else { continue }
      take(label, of: &list, for: member)
      if !isSame { noteRename(of: label, in: list, member) }
    }
    lists[place] = list
  }

  private mutating func matchLoosely(_ members: [Int], _ place: String) throws {
    guard !members.isEmpty, var list = lists.removeValue(forKey: place) else { return }
    defer { lists[place] = list }
    guard list.isTaken.contains(false) else { return }
    var owners: [Int: Int] = [:]
    for member in members {
      let labels = list.likely(images[member].name)
      guard let label = labels.first else { continue }
      guard labels.count == 1 else {
        let names = labels.map { list.names[$0] }.sorted().joined(separator: "' and '")
        throw DatasetError.images(
          folder: place, problem: "'\(names)' may both belong to \(images[member].path); rename or remove one")
      }
      if let other = owners.updateValue(member, forKey: label) {
        throw DatasetError.images(
          folder: place,
          problem: "'\(list.names[label])' may belong to \(images[other].path) and to \(images[member].path); rename it"
        )
      }
    }
    for (label, member) in owners.sorted(by: { $0.value < $1.value }) {
      take(label, of: &list, for: member)
      noteRename(of: label, in: list, member)
    }
  }

  private mutating func take(_ label: Int, of list: inout LabelFolder, for member: Int) {
    list.take(label)
    labelPaths[member] = list.path + "/" + list.names[label]
    isFound[member] = true
  }

  private mutating func noteRename(of label: Int, in list: LabelFolder, _ member: Int) {
    renamed.note("\(shortName(list.path + "/" + list.names[label])) for \(shortName(images[member].path))")
  }

  // MARK: - Label files that no image takes

  /// Lists every folder below `roots` and their twins: images may lack for a whole folder of labels.
  private mutating func listAll(below roots: [String]) throws {
    var visited = Set(lists.keys.compactMap(Self.identity))
    for place in roots.flatMap({ [LabelFolders.twin(of: $0), $0].compactMap { $0 } }) {
      guard let folder = try folders.find(place) else { continue }
      var rest = [folder]
      while let next = rest.popLast() {
        if lists[next] == nil {
          guard let identity = Self.identity(next), visited.insert(identity).inserted else { continue }
          lists[next] = try LabelFolder(next)
        }
        rest += (lists[next]?.folders ?? []).map { next + "/" + $0 }
      }
    }
  }

  private static func identity(_ folder: String) -> String? {
    FileBytes.status(folder).map { "\($0.st_dev):\($0.st_ino)" }
  }

  private mutating func noteUnmatched(_ placesByFolder: [String: [String]]) {
    let left = freeLabels()
    // Images in the folders, also images of other splits and of kinds that Feeder does not read, by place and stem.
    var owners: [String: [String: [String]]] = [:]
    for (folder, places) in placesByFolder {
      for place in places {
        guard let names = left[place] else { continue }
        let stems = Set(names.flatMap(Self.imageStems))
        for (name, _) in FolderListing(folder)?.items ?? [] where FileKind(name).isImage {
          let stem = FileKind.stem(name).lowercased()
          if stems.contains(stem) { owners[place, default: [:]][stem, default: []].append(folder + "/" + name) }
        }
      }
    }
    let members = left.isEmpty ? [:] : Dictionary(zip(images.map(\.path), images.indices)) { first, _ in first }
    for (place, names) in left.sorted(by: { $0.key < $1.key }) {
      for name in names {
        let path = place + "/" + name
        let images = Self.imageStems(name).flatMap { owners[place]?[$0] ?? [] }
        if !images.isEmpty {
          noteExtra(path, of: images, members)
        } else if Self.holdsLabels(path) {
          unmatched.note(shortName(path))
        }
      }
    }
  }

  /// The label files that no image has taken, sorted, by folder. A file that was taken under another name of its folder is none.
  private func freeLabels() -> [String: [String]] {
    var left: [String: [String]] = [:]
    for places in Dictionary(grouping: lists.keys, by: { Self.identity($0) ?? $0 }).values {
      let all = places.compactMap { place in lists[place].map { (place, $0) } }
      guard all.contains(where: { $1.isTaken.contains(false) }) else { continue }
      var taken: Set<String> = []
      if all.count > 1 { taken.formUnion(all.flatMap { zip($1.names, $1.isTaken).filter(\.1).map(\.0) }) }
      for (place, list) in all {
        let names = zip(list.names, list.isTaken).filter { !$1 && !taken.contains($0) }.map(\.0)
        if !names.isEmpty { left[place] = names.sorted() }
      }
    }
    return left
  }

  /// The stems in small letters of the images that a label file may belong to.
  private static func imageStems(_ name: String) -> [String] {
    let stem = String(FileKind.stem(name))
    return [stem.lowercased()] + (FileKind(stem).isImage ? [FileKind.stem(stem).lowercased()] : [])
  }

  /// Notes the label file at `path` if all of `images`, which it may belong to, have another one. An image of another split may be
  /// its own.
  private mutating func noteExtra(_ path: String, of images: [String], _ members: [String: Int]) {
    let owners = images.filter { FileKind($0) == .image }.map { members[$0] }
    guard let owner = owners.first ?? nil, owners.allSatisfy({ $0.map { isFound[$0] } ?? false }),
      Self.identity(path) != Self.identity(labelPaths[owner]), Self.holdsLabels(path),
      !Self.areEqual(path, labelPaths[owner])
    else { return }
    extra.note("\(shortName(path)) (\(shortName(self.images[owner].path)) has \(shortName(labelPaths[owner])))")
  }

  /// True if two files hold the same bytes: a copy of the labels says nothing new.
  private static func areEqual(_ path: String, _ other: String) -> Bool {
    guard let bytes = try? FileBytes.read(path, limit: 4 << 20) else { return false }
    return (try? FileBytes.read(other, limit: 4 << 20)) == bytes
  }

  /// True if the first line of a file begins as a label does: classes.txt, a list of images and notes are no labels. True also if
  /// the file cannot be read, as a link to nothing.
  private static func holdsLabels(_ path: String) -> Bool {
    guard let bytes = try? FileBytes.read(path, limit: 4 << 20), !TextBytes.isUTF16(bytes) else {
      return !ClassList.names.contains(path.split(separator: "/").last?.lowercased() ?? "")
    }
    let lines = TextBytes.lines(bytes.dropFirst(TextBytes.markCount(bytes)))
    let words = lines.lazy.map { $0.split { $0 == 0x20 || $0 == 0x09 } }.first { !$0.isEmpty } ?? []
    guard words.count >= 5, Double(String(decoding: words[0], as: UTF8.self)) != nil else { return false }
    return words.dropFirst().allSatisfy {
      $0.first.map { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D } ?? false
    }
  }
}
