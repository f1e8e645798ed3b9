import FeederCodecs
import FeederCore
import FeederImaging

/// Checks a whole index once, when its file is opened: the checksum, then every number of every item.
///
/// Checks everything at once, because the checksum reads every byte anyway, and then no later read can fail. Allocates
/// nothing: 0.1 s for a million items (docs/measurements/cache-open.md).
struct CacheIndexCheck {
  private let bytes: UnsafeRawBufferPointer
  private let header: CacheHeader
  private let commit: CacheCommit
  private let headerBytes: UnsafeRawBufferPointer
  private let path: String
  private let textStart: Int

  /// The index `bytes` of `map`, as `commit` describes it. `commit` was checked against the file's size.
  init(_ bytes: UnsafeRawBufferPointer, _ map: MappedFile, _ header: CacheHeader, _ commit: CacheCommit) {
    self.bytes = bytes
    headerBytes = UnsafeRawBufferPointer(rebasing: map.bytes[..<CacheFormat.headerByteCount])
    self.header = header
    self.commit = commit
    path = map.path
    textStart = header.itemCount * CacheFormat.itemByteCount + commit.labelCount * CacheFormat.labelByteCount
  }

  /// Throws `CacheError.damagedFile` with the first fault.
  func run() throws {
    guard Checksum.xxh64(bytes, seed: Checksum.xxh64(headerBytes)) == commit.checksum else {
      throw CacheError.damagedFile(path: path, problem: "its index's checksum is wrong")
    }
    try checkTexts()
    var labels = ByteReader(bytes: bytes, offset: header.itemCount * CacheFormat.itemByteCount)
    var labelCount = 0
    var textByteCount = 0
    for number in 0..<header.itemCount {
      var reader = ByteReader(bytes: bytes, offset: number * CacheFormat.itemByteCount)
      let entry = CacheEntry(&reader)
      guard entry.firstLabel == labelCount, entry.labelCount <= commit.labelCount - labelCount else {
        throw damaged(number, "its labels lie outside the index")
      }
      labelCount += entry.labelCount
      for _ in 0..<entry.labelCount where !isLabel(Label(&labels)) {
        throw damaged(number, "it has a label that is no label of \(header.classCount) classes")
      }
      guard entry.firstText == textByteCount,
        entry.nameByteCount + entry.damageByteCount <= commit.textByteCount - textByteCount
      else { throw damaged(number, "its name lies outside the index") }
      textByteCount += entry.nameByteCount + entry.damageByteCount
      guard entry.nameByteCount > 0, entry.isDamaged == (entry.damageByteCount > 0),
        isTextBoundary(entry.firstText), isTextBoundary(entry.firstText + entry.nameByteCount)
      else { throw damaged(number, "its name is no text") }
      if let problem = entry.problem(header.recipe, recordEnd: commit.indexOffset) { throw damaged(number, problem) }
    }
    guard labelCount == commit.labelCount, textByteCount == commit.textByteCount else {
      throw CacheError.damagedFile(path: path, problem: "its index has bytes that belong to no item")
    }
  }

  private func damaged(_ number: Int, _ problem: String) -> CacheError {
    .damagedFile(path: path, problem: "item \(number): \(problem)")
  }

  /// All texts together must be UTF-8. They are cut at character boundaries, so each of them is UTF-8 too.
  private func checkTexts() throws {
    let texts = UnsafeRawBufferPointer(rebasing: bytes[textStart...]).assumingMemoryBound(to: UInt8.self)
    do {
      _ = try UTF8Span(validating: texts.span)
    } catch {
      throw CacheError.damagedFile(path: path, problem: "its names are no text")
    }
  }

  /// True if a character begins at byte `offset` of the texts, or the texts end there.
  private func isTextBoundary(_ offset: Int) -> Bool {
    offset == commit.textByteCount || bytes[textStart + offset] & 0b1100_0000 != 0b1000_0000
  }

  private func isLabel(_ label: Label) -> Bool {
    label.classID >= 0 && label.classID < header.classCount && (0...1).contains(label.centerX)
      && (0...1).contains(label.centerY) && (0...1).contains(label.width) && (0...1).contains(label.height)
  }
}

extension CacheEntry {
  /// The first impossible value of the item, in words. Nil if its record can be read safely and ends by `recordEnd`.
  fileprivate func problem(_ recipe: CacheRecipe, recordEnd: Int) -> String? {
    guard Orientation(rawValue: orientation) != nil else { return "its orientation is \(orientation)" }
    if let size, !Self.isImageSize(size) { return "its size is impossible for an image" }
    guard !isDamaged else {
      guard length == 0, storedSize == nil else { return "it is damaged and has a record" }
      return offset <= recordEnd ? nil : "its place lies outside the file"
    }
    guard let size, let storedSize, Self.isImageSize(storedSize) else { return "it has no size" }
    let (end, overflow) = offset.addingReportingOverflow(length)
    guard offset >= CacheFormat.headerByteCount, offset % recipe.form.alignment == 0, length > 0, !overflow,
      end <= recordEnd
    else { return "its record lies outside the file" }
    guard recipe.form == .pixels else {
      guard storedSize == size, denominator == 1 else { return "its stored size is not the image's" }
      return recipe.form == .encoded || length == TiledRecord(size, channels: recipe.channels).byteCount
        ? nil : "its blocks do not fit a \(size) image"
    }
    let scale = DecodeScale.fitting(size, imageSize: recipe.imageSize)
    guard denominator == scale.denominator, storedSize == scale.size(of: size),
      length == storedSize.width * storedSize.height * recipe.channels
    else { return "its pixels do not fit a \(size) image" }
    return nil
  }

  /// The number of pixels needs no limit of its own: a build may have raised it, and records lie in the file.
  private static func isImageSize(_ size: PixelSize) -> Bool {
    (1...ImageHeader.maximumSide).contains(size.width) && (1...ImageHeader.maximumSide).contains(size.height)
  }
}
