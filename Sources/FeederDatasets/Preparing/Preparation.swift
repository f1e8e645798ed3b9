import FeederCore
import FeederImaging
import Foundation
import Synchronization

/// How a prepared data set is written.
package struct PreparationSettings: Sendable, Equatable {
  /// How images get into it.
  package enum Images: String, Sendable, CaseIterable {
    /// Symbolic links, which take no space; copies where the disk does not allow them. Hard links would change the link
    /// count and the time of change of the source's files, and so spoil caches built on an earlier preparation.
    case link
    /// Copies.
    case copy
  }

  /// How images get into it.
  package var images = Images.link
  /// Leaves unreadable images out instead of refusing the source.
  package var skipsUnreadable = false
  /// Threads that check images.
  package var threads = 1

  /// Links, and no unreadable image.
  package init() {}
}

/// An image that does not decode, and why.
struct UnreadableImage: Error { let reason: String }

extension PreparationSource {
  /// Checks every image to its last code and writes the data set in YOLO layout, whole or not at all; the source is only
  /// read. Gives the folder's absolute path and the audit.
  ///
  /// `progress` is called once an image, from any thread. Throws `DatasetError`: what is wrong with the source, with
  /// `target`, or that somebody asked to stop.
  package func write(
    to target: String, settings: PreparationSettings, cancellation: Cancellation = Cancellation(),
    progress: @Sendable () -> Void = {}
  ) throws -> (folder: String, audit: Audit) {
    try refuseInside(FileBytes.realPath(target))
    let staged = try StagedFolder(target: target)
    for folder in Set(items.map { Self.folder(of: $0.image, in: $0.split) }).sorted() {
      try staged.makeFolder("images/" + folder)
      try staged.makeFolder("labels/" + folder)
    }
    try staged.write(LayoutText.dataYAML(classNames: classNames, splits: splits), to: "data.yaml")

    let results = Mutex([Result<PreparedImage, UnreadableImage>?](repeating: nil, count: items.count))
    try ParallelWork.forEach(items.count, threads: settings.threads, tool: { try ImageChecker() }) { index, checker in
      try cancellation.check()
      let (split, image) = items[index]
      let result = try Self.prepare(image, split, checker, settings, staged)
      results.withLock { $0[index] = result }
      progress()
    }
    let audit = Audit(self, results: results.withLock { $0.compactMap { $0 } })
    try refuseBadLabels(audit)
    try refuseUnreadable(audit, settings)
    try staged.commit()
    return (staged.target, audit)
  }

  private static func folder(of image: ImportedImage, in split: Split) -> String {
    let parts = (split.rawValue + "/" + image.imageID).split(separator: "/")
    return parts.dropLast().joined(separator: "/")
  }

  private func refuseInside(_ target: String) throws {
    let source = FileBytes.realPath(folder)
    if target == source || target.hasPrefix(source + "/") {
      throw DatasetError.output(
        path: target, problem: "lies inside the source, which is only read; name another folder")
    }
  }

  private func refuseBadLabels(_ audit: Audit) throws {
    var bad = DatasetFindings()
    for split in Split.allCases { audit.findings[split].map { bad.addBadLines(of: $0) } }
    if !skipsBadLabels, !bad.badLines.isEmpty { throw DatasetError.labels(bad) }
  }

  private func refuseUnreadable(_ audit: Audit, _ settings: PreparationSettings) throws {
    guard !audit.unreadable.isEmpty else { return }
    guard settings.skipsUnreadable else {
      throw DatasetError.unreadableImages(audit.unreadable.map(\.line))
    }
    for split in splits where audit.counts(split).imageCount == 0 {
      throw DatasetError.images(folder: folder, problem: "has no readable image for \(split)")
    }
  }

  private static func prepare(
    _ item: ImportedImage, _ split: Split, _ checker: ImageChecker, _ settings: PreparationSettings,
    _ staged: StagedFolder
  ) throws -> Result<PreparedImage, UnreadableImage> {
    let image: ImageCheck
    do {
      image = try checker.check(item.imagePath)
    } catch let error as ImagingError {
      return .failure(UnreadableImage(reason: "\(error)"))
    } catch DatasetError.unreadable(_, let reason) {
      return .failure(UnreadableImage(reason: "cannot be read (\(reason))"))
    }
    let (labels, tally, badLines) = labels(of: item, size: image.header.size)
    let name = "\(split)/\(item.imageID)"
    let file = "images/\(name).\(ImageCodecs.ending(of: image.header.format))"
    let isLinked = settings.images == .link && staged.link(to: item.imagePath, as: file)
    if !isLinked { try staged.write(image.bytes, to: file) }
    try staged.write(LayoutText.labelFile(labels), to: "labels/\(name).txt")
    return .success(
      PreparedImage(
        header: image.header, checksum: image.checksum, byteCount: image.bytes.count, labels: labels,
        tally: tally, badLines: badLines, isLinked: isLinked))
  }

  private static func labels(
    of item: ImportedImage, size: PixelSize
  ) -> (labels: [Label], tally: LabelTally, badLines: [BadLabelLine]) {
    switch item.objects {
    case .shares(let labels, let tally): (labels, tally, [])
    case .pixels(let objects, _): ImportedObject.labels(objects, size: size)
    }
  }
}
