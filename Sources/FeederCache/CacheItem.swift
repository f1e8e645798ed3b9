import FeederCore
import FeederDatasets
import FeederImaging

/// One image of a cache file.
struct CacheItem: Sendable, Equatable {
  var imageID: String
  /// Where the record lies, a multiple of 64.
  var offset: Int
  /// Bytes of the record; 0 for a damaged image.
  var length: Int
  /// xxh64 of the record.
  var checksum: UInt64
  /// Size of the original; nil where the file's header is damaged.
  var size: PixelSize?
  /// Size of the stored image: the decoded one, or the original for JPEG bytes; nil for a damaged image.
  var storedSize: PixelSize?
  /// libjpeg's reduction: 1, 2, 4 or 8; 1 for JPEG bytes.
  var denominator: Int
  /// xxh64 of the image file.
  var imageChecksum: UInt64
  /// xxh64 of the label file; of nothing where there is none.
  var labelChecksum: UInt64
  var imageStamp: FileStamp
  var labelStamp: FileStamp
  var labels: [Label]
  /// Why there is no record.
  var damage: String?

  /// Where a valid record may lie and what it must be, for the checks of a file that is not trusted.
  struct Limits {
    let path: String
    let recipe: CacheRecipe
    let classCount: Int
    let recordEnd: Int
  }
}

/// The index of a cache file: items of 160 bytes, then all labels, then all texts.
enum CacheIndex {
  /// The bytes of the index, with the counts that the commit record keeps.
  static func bytes(of items: [CacheItem]) -> (bytes: [UInt8], labelCount: Int, textByteCount: Int) {
    var table = ByteWriter()
    var labels = ByteWriter()
    var texts = ByteWriter()
    var labelCount = 0
    for (number, item) in items.enumerated() {
      put(item, firstLabel: labelCount, firstText: texts.bytes.count, into: &table)
      table.pad(to: (number + 1) * CacheFormat.itemByteCount)
      for label in item.labels {
        labels.put(Int64(label.classID))
        for number in [label.centerX, label.centerY, label.width, label.height] { labels.put(number) }
      }
      labelCount += item.labels.count
      texts.put(item.imageID.utf8)
      texts.put((item.damage ?? "").utf8)
    }
    return (table.bytes + labels.bytes + texts.bytes, labelCount, texts.bytes.count)
  }

  private static func put(_ item: CacheItem, firstLabel: Int, firstText: Int, into table: inout ByteWriter) {
    table.put(UInt64(item.offset))
    table.put(UInt64(item.length))
    table.put(item.checksum)
    for side in [item.size?.width, item.size?.height, item.storedSize?.width, item.storedSize?.height] {
      table.put(UInt32(side ?? 0))
    }
    table.put(UInt32(item.denominator))
    table.put(UInt32(item.damage == nil ? 0 : 1))
    table.put(item.imageChecksum)
    table.put(item.labelChecksum)
    table.put(UInt64(firstLabel))
    table.put(UInt64(item.labels.count))
    table.put(UInt64(firstText))
    table.put(UInt32(item.imageID.utf8.count))
    table.put(UInt32((item.damage ?? "").utf8.count))
    for stamp in [item.imageStamp, item.labelStamp] {
      table.put(stamp.size)
      table.put(stamp.modified)
      table.put(stamp.changed)
      table.put(stamp.inode)
    }
  }

  /// Reads the items of `index`, whose length the commit record has proven. Throws `CacheError.damagedFile`.
  static func items(
    _ index: UnsafeRawBufferPointer, count: Int, labelCount: Int, limits: CacheItem.Limits
  ) throws -> [CacheItem] {
    var labels = ByteReader(bytes: index, offset: count * CacheFormat.itemByteCount)
    let textStart = labels.offset + labelCount * CacheFormat.labelByteCount
    var labelsLeft = labelCount
    var text = textStart
    var items: [CacheItem] = []
    items.reserveCapacity(count)
    for number in 0..<count {
      func damaged(_ problem: String) -> CacheError {
        .damagedFile(path: limits.path, problem: "item \(number): \(problem)")
      }
      var reader = ByteReader(bytes: index, offset: number * CacheFormat.itemByteCount)
      var (item, claims) = fields(&reader)
      guard claims.firstLabel == labelCount - labelsLeft, claims.labelCount <= labelsLeft else {
        throw damaged("its labels lie outside the index")
      }
      labelsLeft -= claims.labelCount
      for _ in 0..<claims.labelCount {
        guard let label = label(&labels, classCount: limits.classCount) else {
          throw damaged("it has a label that is no label of \(limits.classCount) classes")
        }
        item.labels.append(label)
      }
      let end = text + claims.nameByteCount + claims.damageByteCount
      guard claims.firstText == text - textStart, end <= index.count else {
        throw damaged("its name lies outside the index")
      }
      let name = String(validating: index[text..<text + claims.nameByteCount], as: UTF8.self)
      let damage = String(validating: index[text + claims.nameByteCount..<end], as: UTF8.self)
      guard let name, let damage, !name.isEmpty, claims.isDamaged == !damage.isEmpty else {
        throw damaged("its name is no text")
      }
      text = end
      item.imageID = name
      item.damage = claims.isDamaged ? damage : nil
      if let problem = item.problem(limits) { throw damaged(problem) }
      items.append(item)
    }
    guard labelsLeft == 0, text == index.count else {
      throw CacheError.damagedFile(path: limits.path, problem: "its index has bytes that belong to no item")
    }
    return items
  }

  /// Numbers of an item that only make sense against the rest of the index.
  private struct Claims {
    var firstLabel: Int
    var labelCount: Int
    var firstText: Int
    var nameByteCount: Int
    var damageByteCount: Int
    var isDamaged: Bool
  }

  private static func fields(_ reader: inout ByteReader) -> (CacheItem, Claims) {
    let offset = reader.takeCount()
    let length = reader.takeCount()
    let checksum: UInt64 = reader.take()
    func size() -> PixelSize? {
      let size = PixelSize(width: Int(reader.take(UInt32.self)), height: Int(reader.take(UInt32.self)))
      return size == PixelSize(width: 0, height: 0) ? nil : size
    }
    let original = size()
    let stored = size()
    let denominator = Int(reader.take(UInt32.self))
    let state: UInt32 = reader.take()
    let imageChecksum: UInt64 = reader.take()
    let labelChecksum: UInt64 = reader.take()
    let claims = Claims(
      firstLabel: reader.takeCount(), labelCount: reader.takeCount(), firstText: reader.takeCount(),
      nameByteCount: Int(reader.take(UInt32.self)), damageByteCount: Int(reader.take(UInt32.self)),
      isDamaged: state != 0)
    func stamp() -> FileStamp {
      FileStamp(size: reader.take(), modified: reader.take(), changed: reader.take(), inode: reader.take())
    }
    let item = CacheItem(
      imageID: "", offset: offset, length: length, checksum: checksum, size: original, storedSize: stored,
      denominator: denominator, imageChecksum: imageChecksum, labelChecksum: labelChecksum, imageStamp: stamp(),
      labelStamp: stamp(), labels: [], damage: nil)
    return (item, claims)
  }

  private static func label(_ reader: inout ByteReader, classCount: Int) -> Label? {
    let classID: Int64 = reader.take()
    let label = Label(
      classID: Int(classID), centerX: reader.takeDouble(), centerY: reader.takeDouble(), width: reader.takeDouble(),
      height: reader.takeDouble())
    let numbers = [label.centerX, label.centerY, label.width, label.height]
    return classID >= 0 && classID < Int64(classCount) && numbers.allSatisfy { (0...1).contains($0) } ? label : nil
  }
}

extension CacheItem {
  /// What is impossible about the item; nil where a record of these numbers can be read safely.
  fileprivate func problem(_ limits: Limits) -> String? {
    if let size, !Self.isImageSize(size) { return "its size is \(size)" }
    guard damage == nil else { return length == 0 && storedSize == nil ? nil : "it is damaged and has a record" }
    guard let size, let storedSize, Self.isImageSize(storedSize) else { return "it has no size" }
    let (end, overflow) = offset.addingReportingOverflow(length)
    guard offset >= CacheFormat.headerByteCount, offset % CacheFormat.alignment == 0, length > 0, !overflow,
      end <= limits.recordEnd
    else { return "its record lies outside the file" }
    guard limits.recipe.form == .pixels else {
      return storedSize == size && denominator == 1 ? nil : "its stored size is not the image's"
    }
    let scale = DecodeScale.fitting(size, imageSize: limits.recipe.imageSize)
    guard denominator == scale.denominator, storedSize == scale.size(of: size),
      length == storedSize.width * storedSize.height * limits.recipe.channels
    else { return "its pixels are not those of a \(size) image" }
    return nil
  }

  private static func isImageSize(_ size: PixelSize) -> Bool {
    (1...JPEGInfo.maximumSide).contains(size.width) && (1...JPEGInfo.maximumSide).contains(size.height)
      && size.width * size.height <= JPEGInfo.maximumPixelCount
  }
}
