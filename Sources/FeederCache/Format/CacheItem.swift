import FeederCore
import FeederDatasets
import FeederImaging

/// One image of a cache file with all its values, for builds, comparisons and rare calls.
struct CacheItem: Sendable, Equatable {
  var imageID: String
  /// The position of the record, a multiple of 64.
  var offset: Int
  /// Bytes of the record; 0 for a damaged image.
  var length: Int
  /// XXH64 of the record.
  var checksum: UInt64
  /// The size of the original after EXIF rotation, in pixels; nil if the file's header is damaged.
  var size: PixelSize?
  /// The size of the stored image: decoded, or the original for encoded bytes. Nil for a damaged image.
  var storedSize: PixelSize?
  /// The decoder's reduction: 1, 2, 4 or 8; 1 for encoded bytes.
  var denominator: Int
  /// The EXIF rotation of the original. The pixels of a pixel record are already turned.
  var orientation = Orientation.upright
  /// XXH64 of the image file.
  var imageChecksum: UInt64
  /// XXH64 of the label file; of no bytes if there is none.
  var labelChecksum: UInt64
  var imageStamp: FileStamp
  var labelStamp: FileStamp
  var labels: [Label]
  /// The reason why there is no record; nil if there is one.
  var damage: String?

  /// True if no byte of the image could be read at the build. The file may be intact.
  var isUnread: Bool { damage != nil && imageChecksum == Checksum.ofNothing && imageStamp.size > 0 }

  /// The difference between `entry` and this item since the build, in words; nil if there is none.
  func change(since entry: DatasetEntry) -> String? {
    if entry.imageID != imageID { return "'\(entry.imageID)' replaces '\(imageID)'" }
    if FileStamp.of(entry.imagePath) != imageStamp { return "\(entry.imagePath) changed" }
    if FileStamp.of(entry.labelPath) != labelStamp || entry.labels != labels { return "\(entry.labelPath) changed" }
    return isUnread && SourceFile.canBeRead(entry.imagePath) ? "\(entry.imagePath) can be read now" : nil
  }
}

/// The numbers of one item as the index holds them, 160 bytes. Strings and labels are elsewhere in the index.
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

  /// Reads the entry at the position of `reader`. A number that does not fit an Int becomes `Int.max`. Checks nothing.
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
  /// Offsets of the fields that are read alone.
  static let sizePlace = 24
  static let storedSizePlace = 32
  static let orientationPlace = 42
  static let labelsPlace = 64
}

extension Label {
  /// Reads the label at the position of `reader`. Checks nothing.
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
