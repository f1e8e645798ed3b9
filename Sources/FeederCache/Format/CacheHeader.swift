import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging

/// The first 128 bytes of a cache file.
struct CacheHeader: Sendable, Equatable {
  var recipe: CacheRecipe
  var split: Split
  /// The decision of `--channels auto` at the build, 1 or 3; 0 if it was not needed.
  var automaticChannels: Int
  /// Bits of the samples in the image files.
  var depth = SampleDepth.bytes
  var itemCount: Int
  var classCount: Int
  /// The key of the source list and the recipe; the file's name has it too.
  var listKey: UInt64
  /// The key of the content: names, image bytes and label files of all items, in order.
  var contentKey: UInt64

  /// The header as bytes of the file.
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.put(CacheFormat.headerMagic)
    writer.put(CacheFormat.version)
    writer.put(CacheFormat.decoderVersion)
    writer.put(recipe.form.code)
    writer.put(UInt32(recipe.channels))
    writer.put(UInt32(automaticChannels))
    writer.put(UInt32(recipe.imageSize))
    writer.put(UInt64(itemCount))
    writer.put(UInt64(classCount))
    writer.put(UInt32(Split.allCases.firstIndex(of: split) ?? 0))
    writer.put(UInt32(0))
    writer.put(listKey)
    writer.put(contentKey)
    writer.put(depth.rawValue)
    writer.put(UInt32(recipe.window.levels?.lowerBound ?? 0))
    writer.put(UInt32(recipe.window.levels?.upperBound ?? 0))
    writer.put(UInt32(LevelWindow.Curve.allCases.firstIndex(of: recipe.window.curve) ?? 0))
    writer.pad(to: CacheFormat.headerByteCount - 8)
    writer.put(Checksum.xxh64(writer.bytes))
    return writer.bytes
  }

  /// Reads and checks the header of `file`, which has at least 128 bytes. Throws `CacheError`, which names `path`, if
  /// the header is damaged, impossible or of another version.
  init(_ file: UnsafeRawBufferPointer, path: String) throws {
    func damaged(_ problem: String) -> CacheError { .damagedFile(path: path, problem: problem) }
    guard file[..<8].elementsEqual(CacheFormat.headerMagic) else {
      throw damaged("it does not begin as a cache file does")
    }
    var reader = ByteReader(bytes: file, offset: 8)
    let version: UInt32 = reader.take()
    guard version == CacheFormat.version else {
      throw CacheError.otherVersion(path: path, version: Int(version), known: Int(CacheFormat.version))
    }
    var end = ByteReader(bytes: file, offset: CacheFormat.headerByteCount - 8)
    let checksum = Checksum.xxh64(UnsafeRawBufferPointer(rebasing: file[..<(CacheFormat.headerByteCount - 8)]))
    guard end.take() == checksum else { throw damaged("its header's checksum is wrong") }
    guard reader.take() == CacheFormat.decoderVersion else { throw damaged("its pixels are of another decoder") }
    guard let form = CacheForm(code: reader.take()) else { throw damaged("its form is unknown") }
    let channels = Int(reader.take(UInt32.self))
    automaticChannels = Int(reader.take(UInt32.self))
    let imageSize = Int(reader.take(UInt32.self))
    itemCount = reader.takeCount()
    classCount = reader.takeCount()
    let splitCode = Int(reader.take(UInt32.self))
    guard Split.allCases.indices.contains(splitCode) else { throw damaged("its split is unknown") }
    split = Split.allCases[splitCode]
    _ = reader.take(UInt32.self)
    listKey = reader.take()
    contentKey = reader.take()
    let (depthCode, window) = (reader.take(UInt32.self), Self.window(&reader))
    let sizes = form == .pixels ? 1...8192 : 0...0
    guard (form == .encoded ? [0] : [1, 3]).contains(channels), sizes.contains(imageSize),
      [0, 1, 3].contains(automaticChannels), let depth = SampleDepth(rawValue: depthCode), let window,
      form != .encoded || window == .full
    else { throw damaged("its recipe is impossible") }
    self.depth = depth
    recipe = CacheRecipe(form: form, channels: channels, imageSize: imageSize, window: window)
  }

  /// The window in the header; nil if there is none such. Files of older versions have zeros: the full one.
  private static func window(_ reader: inout ByteReader) -> LevelWindow? {
    let (black, white) = (Int(reader.take(UInt32.self)), Int(reader.take(UInt32.self)))
    let code = Int(reader.take(UInt32.self))
    guard LevelWindow.Curve.allCases.indices.contains(code) else { return nil }
    let curve = LevelWindow.Curve.allCases[code]
    return black == 0 && white == 0 ? LevelWindow(curve: curve) : LevelWindow(black: black, white: white, curve: curve)
  }

  init(
    recipe: CacheRecipe, split: Split, automaticChannels: Int, depth: SampleDepth = .bytes, itemCount: Int,
    classCount: Int, listKey: UInt64, contentKey: UInt64
  ) {
    self.recipe = recipe
    self.depth = depth
    self.split = split
    self.automaticChannels = automaticChannels
    self.itemCount = itemCount
    self.classCount = classCount
    self.listKey = listKey
    self.contentKey = contentKey
  }
}

/// The last 64 bytes of a cache file, written after all else is on the disk. A file without them is incomplete.
struct CacheCommit: Equatable {
  var indexOffset: Int
  var indexByteCount: Int
  var labelCount: Int
  var textByteCount: Int
  var fileByteCount: Int
  /// XXH64 of the header's 128 bytes, then the index.
  var checksum: UInt64

  /// The commit record as bytes of the file.
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.put(CacheFormat.commitMagic)
    for count in [indexOffset, indexByteCount, labelCount, textByteCount, fileByteCount] {
      writer.put(UInt64(count))
    }
    writer.put(checksum)
    writer.put(Checksum.xxh64(writer.bytes))
    return writer.bytes
  }

  init(
    indexOffset: Int, indexByteCount: Int, labelCount: Int, textByteCount: Int, fileByteCount: Int, checksum: UInt64
  ) {
    self.indexOffset = indexOffset
    self.indexByteCount = indexByteCount
    self.labelCount = labelCount
    self.textByteCount = textByteCount
    self.fileByteCount = fileByteCount
    self.checksum = checksum
  }

  /// Reads the commit record of `file` and checks it against the file's size and `itemCount`. Throws
  /// `CacheError.damagedFile` if it is damaged or does not fit.
  init(_ file: UnsafeRawBufferPointer, itemCount: Int, path: String) throws {
    func damaged(_ problem: String) -> CacheError { .damagedFile(path: path, problem: problem) }
    let start = file.count - CacheFormat.commitByteCount
    guard file[start..<start + 8].elementsEqual(CacheFormat.commitMagic) else {
      throw damaged("it has no end record: it was cut off, or never finished")
    }
    var reader = ByteReader(bytes: file, offset: start + 8)
    indexOffset = reader.takeCount()
    indexByteCount = reader.takeCount()
    labelCount = reader.takeCount()
    textByteCount = reader.takeCount()
    fileByteCount = reader.takeCount()
    checksum = reader.take()
    let own = Checksum.xxh64(UnsafeRawBufferPointer(rebasing: file[start..<start + CacheFormat.commitByteCount - 8]))
    guard reader.take() == own else { throw damaged("its end record's checksum is wrong") }
    guard fileByteCount == file.count else {
      throw damaged("it has \(file.count) bytes, and its end record says \(fileByteCount)")
    }
    let room = start - CacheFormat.headerByteCount
    guard itemCount <= room / CacheFormat.itemByteCount, labelCount <= room / CacheFormat.labelByteCount,
      textByteCount <= room
    else { throw damaged("its index does not fit into it") }
    let expected =
      itemCount * CacheFormat.itemByteCount + labelCount * CacheFormat.labelByteCount + textByteCount
    guard indexByteCount == expected, indexOffset >= CacheFormat.headerByteCount, indexOffset <= start,
      indexByteCount == start - indexOffset
    else { throw damaged("its index does not fit into it") }
  }
}
