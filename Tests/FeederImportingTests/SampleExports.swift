import BoardSupport
import FeederCore
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

/// Sample exports of label tools, each with what independent packages read in it; the folder of FEEDER_FORMATS, else
/// ../shared/datasets/formats beside the package.
struct SampleExport: Decodable {
  /// An image of a sample: its boxes in pixels, before any clipping.
  struct Item: Decodable {
    let file: String
    let split: String?
    let width: Int
    let height: Int
    let boxes: [NamedBox]
  }

  /// `[class, x1, y1, x2, y2]`.
  struct NamedBox: Decodable {
    let name: String
    let box: Box

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      name = try values.decode(String.self)
      let edges = try (0..<4).map { _ in try values.decode(Double.self) }
      box = Box(x1: edges[0], y1: edges[1], x2: edges[2], y2: edges[3])
    }
  }

  let classes: [String]
  let boxes: Int
  let items: [Item]
  let tolerance_px: Double?
  let left_out: [String: Int]?

  /// The folder of all samples; nil if there is none.
  static let all: String? = {
    let chosen = ProcessInfo.processInfo.environment["FEEDER_FORMATS"].flatMap { $0.isEmpty ? nil : $0 }
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = chosen ?? package.appending(path: "../shared/datasets/formats").standardizedFileURL.path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()

  /// True if the samples are there.
  static var isThere: Bool { all != nil }

  /// The folder of a sample.
  static func folder(_ name: String) throws -> String {
    FileBytes.realPath(try #require(all) + "/" + name)
  }

  /// What a sample holds.
  static func expected(_ name: String) throws -> SampleExport {
    let json = try Data(contentsOf: URL(filePath: folder(name) + "/expected.json"))
    return try JSONDecoder().decode(SampleExport.self, from: json)
  }

  /// The splits as samples call them, for those that name any.
  private static let splits: [String: Split] = [
    "train": .train, "training": .train, "val": .val, "valid": .val, "validation": .val, "test": .test,
  ]

  /// Prepares a sample, or the folder `source` that has the same images, and expects the format, classes, images, splits and boxes that
  /// the sample holds.
  @discardableResult
  static func check(
    _ name: String, source part: String? = nil, format: String, named: String? = nil, classes: [String]? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Audit {
    let (expected, folder) = (try expected(name), try folder(name))
    let scratch = try Scratch()
    let source = try PreparationSource.read(part ?? folder, format: named)
    #expect(source.format == format, sourceLocation: sourceLocation)
    #expect(source.classNames == classes ?? expected.classes, sourceLocation: sourceLocation)
    let (out, audit) = try source.write(to: scratch.path + "/out", settings: PreparationSettings())
    var found: [String: [Split: [Label]]] = [:]
    let dataset = try Dataset.open(out, rule: SplitRule(valShare: 0))
    for split in dataset.splits {
      for entry in try dataset.entries(split) {
        let file = FileBytes.realPath(entry.imagePath)
        #expect(found[file]?[split] == nil, sourceLocation: sourceLocation)
        found[file, default: [:]][split] = entry.labels
      }
    }
    #expect(found.count == expected.items.count, sourceLocation: sourceLocation)
    for item in expected.items {
      let splits = try #require(
        found[FileBytes.realPath(folder + "/" + item.file)], "\(item.file) is not there", sourceLocation: sourceLocation
      )
      if let wanted = item.split {
        #expect(
          Self.splits[wanted.lowercased()].map { splits[$0] != nil } == true, "\(item.file)",
          sourceLocation: sourceLocation)
      }
      let size = PixelSize(width: item.width, height: item.height)
      func rows(_ boxes: [(name: String, box: Box)]) -> [(name: String, edges: [Double])] {
        boxes.map { ($0.name, [$0.box.x1, $0.box.y1, $0.box.x2, $0.box.y2]) }
          .sorted { ($0.0, $0.1[0], $0.1[1], $0.1[2]) < ($1.0, $1.1[0], $1.1[1], $1.1[2]) }
      }
      let wanted = rows(
        item.boxes.map { ($0.name, $0.box.clipped(to: size)) }.filter { $0.1.width > 0 && $0.1.height > 0 })
      // A data set may name an image for two splits.
      #expect(Set(splits.values).count == 1, sourceLocation: sourceLocation)
      let got = rows((splits.values.first ?? []).map { (source.classNames[$0.classID], $0.box(in: size)) })
      let isSame =
        wanted.count == got.count
        && zip(wanted, got).allSatisfy { left, right in
          left.name == right.name
            && zip(left.edges, right.edges).allSatisfy { abs($0 - $1) <= expected.tolerance_px ?? 0.02 }
        }
      #expect(isSame, "\(item.file): \(got), not \(wanted)", sourceLocation: sourceLocation)
    }
    return audit
  }

  /// A folder with the images of a sample, linked, and with `files` of it: paths there by paths here.
  static func folder(_ name: String, images: String, files: [String: String]) throws -> Scratch {
    let (sample, scratch) = (try folder(name), try Scratch())
    for item in try expected(name).items {
      let place = scratch.path + "/" + images + "/" + (item.file.split(separator: "/").last ?? "")
      try FileManager.default.createDirectory(atPath: PathText.folder(of: place), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: sample + "/" + item.file)
    }
    for (from, to) in files {
      try FileManager.default.copyItem(atPath: sample + "/" + from, toPath: scratch.path + "/" + to)
    }
    return scratch
  }

  /// The line that a damaged sample is refused with; empty if it is not.
  static func refusal(_ name: String) throws -> String {
    let (folder, scratch) = (try folder("damaged/" + name), try Scratch())
    return failure {
      _ = try PreparationSource.read(folder).write(to: scratch.path + "/out", settings: PreparationSettings())
    }
  }
}
