import FeederCodecs
import FeederCore
import FeederImaging
import Synchronization

/// Writes a data set in the layout of an exporter, whole or not at all.
package final class DatasetWriter: Sendable {
  private struct State {
    var folders: Set<String> = []
    var images: [Int: ExportedImage] = [:]
  }

  private let exporter: any DatasetExporter.Type
  private let classNames: [String]
  private let staged: StagedFolder
  /// The split and the name of each image.
  private let images: [(split: Split?, name: String)]
  private let state = Mutex(State())

  /// Prepares to write `images`, each with a split, if the data set has some, and an id that is unique over its split, to the folder
  /// `target`. Throws `DatasetError.output` if something is there already or nothing can be written.
  package convenience init(
    to target: String, format: String, classNames: [String], images: [(split: Split?, id: String)]
  ) throws {
    try self.init(
      to: target, DatasetExporters.exporter(named: format), classNames: classNames, images: images)
  }

  init(
    to target: String, _ exporter: any DatasetExporter.Type, classNames: [String], images: [(split: Split?, id: String)]
  ) throws {
    self.exporter = exporter
    self.classNames = classNames
    staged = try StagedFolder(target: target)
    self.images = exporter.partsSplits ? images.map { ($0, $1) } : try Self.flat(images)
  }

  /// Names without folders and blanks, for layouts that keep the images of all splits together. Throws `DatasetError.images` if two
  /// images would share one.
  private static func flat(_ images: [(split: Split?, id: String)]) throws -> [(split: Split?, name: String)] {
    func plain(_ id: String) -> String { String(id.map { $0 == "/" || $0.isWhitespace ? "_" : $0 }) }
    let isTied = Set(images.map { plain($0.id) }).count < images.count
    var seen: [String: String] = [:]
    return try images.map { split, id in
      let name = plain((isTied ? split.map { "\($0)_" } ?? "" : "") + id)
      if let other = seen.updateValue(id, forKey: name) {
        throw DatasetError.images(
          folder: "images '\(other)' and '\(id)'",
          problem: "would share the name '\(name)' in this layout, which has no folders; rename one")
      }
      return (split, name)
    }
  }

  /// Writes the image `index`, a link to `path` if `links` and the disk allows one, else `bytes`, with its labels. From any thread.
  /// True if it was linked. Throws `DatasetError.output`.
  @discardableResult
  package func add(
    _ index: Int, path: String, bytes: [UInt8], links: Bool, header: ImageHeader, labels: [Label]
  ) throws -> Bool {
    let image = ExportedImage(
      split: images[index].split, name: images[index].name, ending: ImageCodecs.ending(of: header.format),
      size: header.size, channels: header.channels, labels: labels)
    let place = exporter.place(of: image) + "." + image.ending
    try makeFolder(of: place)
    let isLinked = links && staged.link(to: path, as: place)
    if !isLinked { try staged.write(bytes, to: place) }
    if let file = exporter.labelFile(of: image, classNames: classNames) {
      try makeFolder(of: file.path)
      try staged.write(file.bytes, to: file.path)
    }
    state.withLock { $0.images[index] = image }
    return isLinked
  }

  /// Copies the image at `path` with labels of `boxes` in pixels, which are clipped to it. Throws `DatasetError`, and `ImagingError` if it
  /// is no image.
  package func add(_ index: Int, path: String, boxes: [(classID: Int, box: Box)]) throws {
    let bytes = try FileBytes.read(path)
    let header = try bytes.withUnsafeBytes { try ImageHeader(of: $0) }
    let labels = boxes.compactMap { classID, box -> Label? in
      let inside = box.clipped(to: header.size)
      return inside.width > 0 && inside.height > 0 ? Label(classID: classID, box: inside, size: header.size) : nil
    }
    try add(index, path: path, bytes: bytes, links: false, header: header, labels: labels)
  }

  /// Writes the files that describe all images, with the `window` of images of more than 8 bits, and puts the folder in its place; gives
  /// its path. Throws `DatasetError.output`.
  package func finish(window: LevelWindow? = nil) throws -> String {
    let found = state.withLock(\.images)
    for file in exporter.files(of: found.keys.sorted().compactMap { found[$0] }, classNames: classNames, window: window)
    {
      try makeFolder(of: file.path)
      try staged.write(file.bytes, to: file.path)
    }
    try staged.commit()
    return staged.target
  }

  private func makeFolder(of file: String) throws {
    let folder = PathText.folder(of: file)
    guard folder != "." else { return }
    // Under the lock: a thread must not write into a folder that another one is still making.
    try state.withLock { state in
      guard !state.folders.contains(folder) else { return }
      try staged.makeFolder(folder)
      state.folders.insert(folder)
    }
  }
}
