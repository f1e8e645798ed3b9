import FeederCodecs
import FeederCore
import FeederDatasets
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
  /// The limits of images that are read.
  package var limits = ImageLimits.standard
  /// Threads that check images.
  package var threads = 1
  /// The layout to write, of `DatasetExporters.names`.
  package var layout = DatasetExporters.standard
  /// True if the window is searched: the layout can say it.
  var seeksWindow: Bool { DatasetExporters.keepsWindow(layout) }

  /// Black and white of images of more than 8 bits; nil finds them.
  package var window: LevelWindow?
  /// The curve between them; nil for the linear one.
  package var curve: LevelWindow.Curve?

  /// Links, and no unreadable image.
  package init() {}
}

/// An image that does not decode, and why.
struct UnreadableImage: Error { let reason: String }

extension PreparationSource {
  /// Checks every image to its last code and writes the data set, whole or not at all; the source is only
  /// read. Gives the folder's absolute path and the audit.
  ///
  /// `progress` is called once an image, from any thread. Throws `DatasetError`: what is wrong with the source, with
  /// `target`, or that somebody asked to stop.
  package func write(
    to target: String, settings: PreparationSettings, cancellation: Cancellation = Cancellation(),
    progress: @Sendable () -> Void = {}
  ) throws -> (folder: String, audit: Audit) {
    try refuseInside(FileBytes.realPath(target))
    // To tools other than YOLO's, training alone is no split.
    let isWhole = splits == [.train] && settings.layout != DatasetExporters.standard
    let writer = try DatasetWriter(
      to: target, format: settings.layout, classNames: classNames,
      images: items.map { (isWhole ? nil : $0.split, $0.image.imageID) })

    let results = Mutex([Result<PreparedImage, UnreadableImage>?](repeating: nil, count: items.count))
    let search = WindowSearch(settings.limits)
    try ParallelWork.forEach(items.count, threads: settings.threads, tool: { try ImageChecker(settings.limits) }) {
      index, checker in
      try cancellation.check()
      let result = try Self.prepare(items[index], index, checker, settings, writer)
      if case .success(let image) = result, !image.isLeftOut { search.add(checker.histogram) }
      results.withLock { $0[index] = result }
      progress()
    }
    var audit = Audit(self, results: results.withLock { $0.compactMap { $0 } })
    try refuseBadLabels(audit)
    try refuseUnreadable(audit, settings)
    audit.window = try search.finding(
      given: settings.window, curve: settings.curve, paths: items.filter { $0.split == .train }.map(\.image.imagePath),
      threads: settings.threads, cancellation: cancellation)
    return (try writer.finish(window: audit.window?.window), audit)
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
    bad.addBadLines(of: audit.wholeFindings)
    for split in Split.allCases { audit.findings[split].map { bad.addBadLines(of: $0) } }
    if !skipsBadLabels, !bad.badLines.isEmpty { throw DatasetError.labels(bad) }
  }

  private func refuseUnreadable(_ audit: Audit, _ settings: PreparationSettings) throws {
    if !audit.unreadable.isEmpty, !settings.skipsUnreadable {
      throw DatasetError.unreadableImages(audit.unreadable.map(\.line))
    }
    for split in splits where audit.counts(split).imageCount == 0 {
      let what = audit.unreadable.isEmpty ? "image without bad labels" : "readable image"
      throw DatasetError.images(folder: folder, problem: "has no \(what) for \(split)")
    }
  }

  private static func prepare(
    _ placed: (split: Split, image: ImportedImage), _ index: Int, _ checker: ImageChecker,
    _ settings: PreparationSettings,
    _ writer: DatasetWriter
  ) throws -> Result<PreparedImage, UnreadableImage> {
    let item = placed.image
    let image: ImageCheck
    do {
      image = try checker.check(item.imagePath, countsLevels: settings.seeksWindow && placed.split == .train)
    } catch let error as ImagingError {
      return .failure(UnreadableImage(reason: "\(error)"))
    } catch DatasetError.unreadable(_, let reason) {
      return .failure(UnreadableImage(reason: "cannot be read (\(reason))"))
    }
    let (labels, tally, badLines) = labels(of: item, header: image.header)
    if !badLines.isEmpty || item.hasBadLines {
      return .success(
        PreparedImage(
          header: image.header, checksum: image.checksum, hash: image.hash, byteCount: image.bytes.count, labels: [],
          tally: LabelTally(), badLines: badLines, isLinked: false, isLeftOut: true))
    }
    let isLinked = try writer.add(
      index, path: item.imagePath, bytes: image.bytes, links: settings.images == .link, header: image.header,
      labels: labels)
    return .success(
      PreparedImage(
        header: image.header, checksum: image.checksum, hash: image.hash, byteCount: image.bytes.count, labels: labels,
        tally: tally, badLines: [], isLinked: isLinked, isLeftOut: false))
  }

  private static func labels(
    of item: ImportedImage, header: ImageHeader
  ) -> (labels: [Label], tally: LabelTally, badLines: [BadLabelLine]) {
    if let stated = item.statedSize, stated != header.size {
      var problem = "is for an image of \(stated) pixels, but \(item.imagePath) has \(header.size)"
      if header.orientation != .upright { problem += " as its EXIF orientation turns it" }
      return ([], LabelTally(), [BadLabelLine(line: item.entry ?? 0, unit: "image", problem: problem)])
    }
    switch item.objects {
    case .shares(let labels, let tally): return (labels, tally, [])
    case .pixels(let objects, _):
      let (labels, tally) = ImportedObject.labels(objects, size: header.size)
      return (labels, tally, [])
    }
  }
}
