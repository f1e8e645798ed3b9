import FeederCore
import FeederDatasets
import FeederImaging

/// One image of a cache file, whole: for building, comparing and cold paths.
struct CacheItem: Sendable, Equatable {
  var imageID: String
  /// Where the record lies, a multiple of 64.
  var offset: Int
  /// Bytes of the record; 0 for a damaged image.
  var length: Int
  /// xxh64 of the record.
  var checksum: UInt64
  /// Size of the original as it is seen; nil where the file's header is damaged.
  var size: PixelSize?
  /// Size of the stored image: the decoded one, or the original for encoded bytes; nil for a damaged image.
  var storedSize: PixelSize?
  /// The decoder's reduction: 1, 2, 4 or 8; 1 for encoded bytes.
  var denominator: Int
  /// How the original's pixels are turned; those of a pixel record already are.
  var orientation = Orientation.upright
  /// xxh64 of the image file.
  var imageChecksum: UInt64
  /// xxh64 of the label file; of nothing where there is none.
  var labelChecksum: UInt64
  var imageStamp: FileStamp
  var labelStamp: FileStamp
  var labels: [Label]
  /// Why there is no record.
  var damage: String?

  /// True for an image of which not a byte could be read when the file was built: it may be whole.
  var isUnread: Bool { damage != nil && imageChecksum == Checksum.ofNothing && imageStamp.size > 0 }

  /// How `entry`, which is in this item's place, is not as it was when the file was built, in words; nil where it is.
  func change(since entry: DatasetEntry) -> String? {
    if entry.imageID != imageID { return "'\(entry.imageID)' is in the place of '\(imageID)'" }
    if FileStamp.of(entry.imagePath) != imageStamp { return "\(entry.imagePath) changed" }
    if FileStamp.of(entry.labelPath) != labelStamp || entry.labels != labels { return "\(entry.labelPath) changed" }
    return isUnread && SourceFile.canBeRead(entry.imagePath) ? "\(entry.imagePath) can be read now" : nil
  }
}

/// The numbers of one item as they lie in the index, 160 bytes; strings and labels lie elsewhere in it.
struct CacheEntry {
  let offset: Int
  let length: Int
  let checksum: UInt64
  let size: PixelSize?
  let storedSize: PixelSize?
  let denominator: Int
  let orientation: Int
  let isDamaged: Bool
  let imageChecksum: UInt64
  let labelChecksum: UInt64
  let firstLabel: Int
  let labelCount: Int
  let firstText: Int
  let nameByteCount: Int
  let damageByteCount: Int
  let imageStamp: FileStamp
  let labelStamp: FileStamp

  /// Reads the entry that `reader` stands at. Numbers that fit no Int become `Int.max`; nothing is checked.
  init(_ reader: inout ByteReader) {
    offset = reader.takeCount()
    length = reader.takeCount()
    checksum = reader.take()
    size = reader.takeSize()
    storedSize = reader.takeSize()
    denominator = Int(reader.take(UInt16.self))
    orientation = Int(reader.take(UInt16.self))
    isDamaged = reader.take(UInt32.self) != 0
    imageChecksum = reader.take()
    labelChecksum = reader.take()
    firstLabel = reader.takeCount()
    labelCount = reader.takeCount()
    firstText = reader.takeCount()
    nameByteCount = Int(reader.take(UInt32.self))
    damageByteCount = Int(reader.take(UInt32.self))
    imageStamp = reader.takeStamp()
    labelStamp = reader.takeStamp()
  }
}

extension CacheEntry {
  /// Where the fields that are read alone begin.
  static let sizePlace = 24
  static let storedSizePlace = 32
  static let orientationPlace = 42
  static let labelsPlace = 64
}

extension Label {
  /// Reads the label that `reader` stands at; nothing is checked.
  init(_ reader: inout ByteReader) {
    self.init(
      classID: Int(truncatingIfNeeded: reader.take(Int64.self)), centerX: reader.takeDouble(),
      centerY: reader.takeDouble(), width: reader.takeDouble(), height: reader.takeDouble())
  }
}

extension ByteReader {
  /// A width and a height; nil for 0 x 0.
  mutating func takeSize() -> PixelSize? {
    let size = PixelSize(width: Int(take(UInt32.self)), height: Int(take(UInt32.self)))
    return size == PixelSize(width: 0, height: 0) ? nil : size
  }

  fileprivate mutating func takeStamp() -> FileStamp {
    FileStamp(size: take(), modified: take(), changed: take(), inode: take())
  }
}
