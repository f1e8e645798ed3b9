import FeederCore
import FeederDatasets
import FeederFiles
import FeederImaging
import Foundation

/// The data that a run began with: the class names, and per image its name, bytes and labels. Two records are equal if
/// training sees the same data, whatever the paths and the cache form.
///
/// An image's bytes are identified by their count and their XXH64. A cache file holds that checksum; without a cache
/// every image file is read once. Labels are identified by the XXH64 of their values, so another spelling of the same
/// numbers makes no difference. The checksums reveal accidents, but not changes that somebody hides on purpose.
package struct DataRecord: Sendable, Equatable {
  /// One image of a split.
  struct Image: Sendable, Equatable {
    let split: String
    let name: String
    let byteCount: Int
    /// XXH64 of the file; nil if the file could not be read.
    let content: UInt64?
    /// XXH64 of the values of the labels.
    let labels: UInt64
  }

  /// Class names; the class is the index.
  let classNames: [String]
  /// The images by split, in the order of their names.
  let images: [Image]

  /// The record of opened splits. Reads every image file of a split without a cache file. Throws if a thread cannot
  /// start a decoder.
  package init(classNames: [String], _ splits: [(split: Split, opened: OpenedSource)]) throws {
    self.classNames = classNames.map(Self.oneLine)
    images = try splits.flatMap { split, opened in
      let contents = try opened.contents()
      return zip(opened.entries, contents).map { entry, content in
        Image(
          split: split.rawValue, name: Self.oneLine(entry.imageID), byteCount: content.byteCount, content: content.sum,
          labels: Self.sum(entry.labels))
      }
    }
  }

  private static func sum(_ labels: [Label]) -> UInt64 {
    let numbers = labels.flatMap { label in
      [UInt64(bitPattern: Int64(label.classID))]
        + [label.centerX, label.centerY, label.width, label.height].map(\.bitPattern)
    }
    return numbers.map(\.littleEndian).withUnsafeBytes { Checksum.xxh64($0) }
  }

  /// A name, escaped to fit into one line of text.
  private static func oneLine(_ name: String) -> String {
    name.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\r", with: "\\r")
  }

  /// The checksum of the whole record, 16 hexadecimal digits. Weights files contain it.
  package var sum: String {
    Self.hex(lines.reduce(0) { Checksum.xxh64(Array($1.utf8) + [0], seed: $0) })
  }

  /// The first difference between this record and `now`, in words; nil if there is none.
  ///
  /// Files that could not be read, then or now, count as unchanged.
  package func difference(to now: DataRecord) -> String? {
    for (index, name) in now.classNames.enumerated().prefix(classNames.count) where name != classNames[index] {
      return "class \(index) is '\(name)', and was '\(classNames[index])' when the run began"
    }
    guard classNames.count == now.classNames.count else {
      return "there are \(now.classNames.count) classes, and there were \(classNames.count) when the run began"
    }
    func key(_ image: Image) -> String { image.split + "/" + image.name }
    let old = Dictionary(images.map { (key($0), $0) }) { first, _ in first }
    let new = Set(now.images.map(key))
    let gone = images.lazy.filter { !new.contains(key($0)) }.map {
      "image \($0.name) of \($0.split) is missing, but was there when the run began"
    }
    let changed = now.images.compactMap { image -> String? in
      guard let before = old[key(image)] else {
        return "image \(image.name) of \(image.split) was not there when the run began"
      }
      if let content = image.content, let known = before.content,
        content != known || image.byteCount != before.byteCount
      {
        return "image \(image.name) of \(image.split) shows something else than when the run began"
      }
      return image.labels == before.labels
        ? nil : "image \(image.name) of \(image.split) has other labels than when the run began"
    }
    let all = changed + gone
    guard let first = all.first else { return nil }
    return first + (all.count > 1 ? " (\(all.count) images differ)" : "")
  }

  // MARK: - The file

  private static let header = "split,bytes,image_xxh64,labels_xxh64,image"

  /// Recognises files that begin as a record does.
  package static let signature = FileSignature(start: header + "\n")

  /// One line per class and per image.
  private var lines: [String] {
    classNames.map { "class,,,," + Self.field($0) }
      + images.map { image in
        "\(image.split),\(image.byteCount),\(image.content.map(Self.hex) ?? ""),\(Self.hex(image.labels)),"
          + Self.field(image.name)
      }
  }

  /// The record as CSV text, whose last line gives the number of the others.
  package var text: String {
    let lines = lines
    return ([Self.header] + lines + ["end,,,,\(lines.count) lines"]).joined(separator: "\n") + "\n"
  }

  /// Reads the file at `path`. Throws `DatasetError.source` if it is cut off or invalid, `CacheError.damagedImage` if
  /// it cannot be read. Every value is checked.
  package init(file path: String) throws {
    var buffer = GrowingBuffer()
    let (bytes, _) = try SourceFile.read(path) { buffer.bytes($0) }
    try self.init(Array(bytes), path: path)
  }

  init(_ bytes: [UInt8], path: String) throws {
    func failure(_ line: Int?, _ problem: String) -> DatasetError {
      .source(
        file: path, line: line,
        problem: problem + "; put it back from a copy, or move it away: then the sum in the checkpoint decides")
    }
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count > 2, lines.removeLast().isEmpty, lines.removeLast() == "end,,,,\(lines.count - 1) lines" else {
      throw failure(nil, bytes.isEmpty ? "is empty" : "is cut off")
    }
    guard lines[0] == Self.header else { throw failure(1, "is no record of a run's data") }
    var (names, images): ([String], [Image]) = ([], [])
    for (index, line) in lines.enumerated().dropFirst() {
      let fields = line.split(separator: ",", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 5 else { throw failure(index + 1, "is not a line of 5 values") }
      let name = Self.name(fields[4])
      if fields[0] == "class" {
        names.append(name)
        continue
      }
      guard let count = Int(fields[1]), let labels = UInt64(fields[3], radix: 16),
        let content = fields[2].isEmpty ? .some(nil) : UInt64(fields[2], radix: 16).map(Optional.some)
      else { throw failure(index + 1, "holds a value that is no number") }
      images.append(Image(split: fields[0], name: name, byteCount: count, content: content, labels: labels))
    }
    (classNames, self.images) = (names, images)
  }

  /// A name as a CSV field.
  private static func field(_ name: String) -> String {
    name.contains(",") || name.contains("\"") ? "\"" + name.replacing("\"", with: "\"\"") + "\"" : name
  }

  private static func name(_ field: String) -> String {
    guard field.hasPrefix("\""), field.hasSuffix("\""), field.count > 1 else { return field }
    return String(field.dropFirst().dropLast()).replacing("\"\"", with: "\"")
  }

  private static func hex(_ sum: UInt64) -> String {
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension OpenedSource {
  /// Bytes and checksum of every image file; no checksum if the file could not be read.
  fileprivate func contents() throws -> [(byteCount: Int, sum: UInt64?)] {
    guard let file else {
      return try DecodeScratch.map(entries.count) { index, _ in
        do {
          let (sum, byteCount, _) = try SourceFile.checksum(entries[index].imagePath)
          return (byteCount, sum)
        } catch CacheError.damagedImage {
          return (0, nil)
        }
      }
    }
    return file.items.indices.map { index in
      let entry = file.items.entry(index)
      let isUnread = entry.isDamaged && entry.imageChecksum == Checksum.ofNothing
      return (Int(clamping: entry.imageStamp.size), isUnread ? nil : entry.imageChecksum)
    }
  }
}
