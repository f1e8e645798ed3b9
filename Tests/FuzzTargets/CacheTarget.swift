import BoardSupport
@testable import FeederCache
import FeederCore
import FeederDatasets
import Foundation

extension FuzzTarget {
  /// Opens the bytes as they are, and again with every checksum mended, which an attacker can do and a mutation cannot.
  func readCache(_ bytes: [UInt8]) throws {
    attempt { try useCache(ScratchFile(bytes)) }
    try useCache(ScratchFile(resealedCache(bytes) ?? bytes))
  }

  private func useCache(_ scratchFile: ScratchFile) throws {
    let file = try CacheFile(path: scratchFile.path)
    _ = (file.byteCount, file.recordByteCount, file.damagedImages.count, file.change(since: []), file.recipe.name)
    let (recipe, isTiled) = (file.recipe, file.recipe.form == .tiles)
    let cache = ImageCache(
      file, channels: recipe.form == .encoded ? 3 : recipe.channels,
      imageSize: recipe.form == .pixels ? recipe.imageSize : 32, tileSide: isTiled ? 48 : nil, window: recipe.window)
    let scratch = try DecodeScratch()
    for index in 0..<min(file.count, 16) {
      cache.willNeed(index)
      precondition(cache.item(index).labels.count == cache.labelCount(of: index), "an item has its labels")
      // Decoders are asked for more in the target of JPEGs.
      if let size = file.items.storedSize(index), size.width * size.height > 1 << 18 { continue }
      attempt {
        let image = try cache.prepare(index, scratch: scratch)
        _ = Checksum.xxh64(UnsafeRawBufferPointer(start: image.base, count: image.byteCount))
        _ = try cache.replacement(of: index, scratch: scratch)
      }
      if isTiled, let size = file.items.storedSize(index) { attempt { try useTile(of: index, size, cache, scratch) } }
    }
  }

  /// The lower right quarter.
  private func useTile(of index: Int, _ size: PixelSize, _ cache: ImageCache, _ scratch: DecodeScratch) throws {
    let (x, y) = (size.width / 2, size.height / 2)
    let tile = Tile(x: x, y: y, size: PixelSize(width: size.width - x, height: size.height - y))
    cache.willNeed(index, tile: tile)
    _ = cache.storedByteCount(of: index, tile: tile)
    let image = try cache.prepare(index, tile: tile, scratch: scratch)
    _ = Checksum.xxh64(UnsafeRawBufferPointer(start: image.base, count: image.byteCount))
    _ = try cache.replacement(of: index, tile: tile, scratch: scratch)
  }

  /// The bytes with magic, sizes and checksums of header, records, index and end record as a whole file has them.
  private func resealedCache(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= CacheFormat.headerByteCount + CacheFormat.commitByteCount else { return nil }
    var file = bytes
    let commit = file.count - CacheFormat.commitByteCount
    func number(_ place: Int) -> Int {
      file.withUnsafeBytes { bytes in
        var reader = ByteReader(bytes: bytes, offset: place)
        return reader.takeCount()
      }
    }
    func put(_ value: UInt64, _ place: Int) {
      withUnsafeBytes(of: value.littleEndian) { file.replaceSubrange(place..<place + 8, with: $0) }
    }
    file.replaceSubrange(0..<8, with: CacheFormat.headerMagic)
    for (place, version) in [(8, CacheFormat.version), (12, CacheFormat.decoderVersion)] {
      withUnsafeBytes(of: version.littleEndian) { file.replaceSubrange(place..<place + 4, with: $0) }
    }
    file.replaceSubrange(commit..<commit + 8, with: CacheFormat.commitMagic)
    put(UInt64(file.count), commit + 40)
    put(Checksum.xxh64([UInt8](file[..<120])), 120)
    let (start, count) = (number(commit + 8), number(commit + 16))
    if start <= commit, count <= commit - start {
      for item in 0..<min(number(32), count / CacheFormat.itemByteCount) {
        let place = start + item * CacheFormat.itemByteCount
        let (offset, length) = (number(place), number(place + 8))
        guard offset <= start, length <= start - offset else { continue }
        put(Checksum.xxh64([UInt8](file[offset..<offset + length])), place + 16)
      }
      let header = Checksum.xxh64([UInt8](file[..<CacheFormat.headerByteCount]))
      put(Checksum.xxh64([UInt8](file[start..<start + count]), seed: header), commit + 48)
    }
    put(Checksum.xxh64([UInt8](file[commit..<commit + 56])), commit + 56)
    return file
  }

  func cacheSeeds() throws -> [[UInt8]] {
    let boards = try TemporaryBoards(
      count: 2, sizes: [PixelSize(width: 20, height: 17), PixelSize(width: 70, height: 40)])
    try boards.overwrite(1, with: Array(try boards.jpeg(1).prefix(400)))
    let dataset = try boards.dataset()
    let folder = CacheFolder(boards.folder.path + "/cache")
    return try [CacheRecipe.encoded, .pixels(channels: 1, imageSize: 32), .tiles(channels: 1)].map { recipe in
      let builder = CacheBuilder(
        dataset, .train, try SourceSurvey(dataset.entries(.train)), recipe: recipe, automaticChannels: 0,
        folder: folder)
      return [UInt8](try Data(contentsOf: URL(filePath: builder.build().path)))
    }
  }
}
