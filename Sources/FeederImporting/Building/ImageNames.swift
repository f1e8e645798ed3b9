import FeederDatasets

/// The names that imported images get in the prepared data set.
enum ImageNames {
  /// Names each image by its path without ending, relative to the folder that holds all images of its split, without folders
  /// `images`. Gives the images sorted by split and name. Throws `DatasetError.images` if two of a split would share a name.
  static func name(_ images: [ImportedImage], in folder: String) throws -> [ImportedImage] {
    var images = images
    let groups = Dictionary(grouping: images.indices) { images[$0].split }
    for members in groups.values {
      let common = commonFolder(members.map { PathText.folder(of: images[$0].imagePath) })
      for index in members {
        let path = images[index].imagePath
        let parts = path.split(separator: "/")
        let folders = parts.dropLast().dropFirst(common).filter { $0.lowercased() != "images" }
        let stem = FileKind.stem(String(parts.last ?? ""))
        images[index].imageID = (folders + [stem]).joined(separator: "/")
      }
    }
    let order = Split.allCases
    func rank(_ split: Split?) -> Int { split.flatMap(order.firstIndex) ?? order.count }
    images.sort { (rank($0.split), $0.imageID, $0.imagePath) < (rank($1.split), $1.imageID, $1.imagePath) }
    for (left, right) in zip(images, images.dropFirst())
    where left.split == right.split && left.imageID == right.imageID {
      throw DatasetError.images(
        folder: folder,
        problem: "\(left.imagePath) and \(right.imagePath) would share the image id '\(left.imageID)'; rename one")
    }
    return images
  }

  /// How many first components all folders share.
  private static func commonFolder(_ folders: [String]) -> Int {
    var common = folders.first?.split(separator: "/") ?? []
    for folder in Set(folders) {
      let same = zip(common, folder.split(separator: "/")).prefix { $0 == $1 }.count
      if same < common.count { common.removeLast(common.count - same) }
    }
    return common.count
  }
}
