import FeederCore
import FeederImaging

/// The strips or tiles that a TIFF's planes are cut into; each lies somewhere in the file, and is checked to.
struct TIFFParts {
  /// Pixels of a part; a strip is as wide as the picture. The last strip of a plane may have fewer rows; tiles are filled up.
  let width: Int
  let height: Int
  let isTiled: Bool
  /// Parts side by side, and one below the other, that cover a plane.
  let columnCount: Int
  let rowCount: Int
  /// Bytes of a whole part's row, and of a plane's row of pixels.
  let partRowByteCount: Int
  let planeRowByteCount: Int
  private let offsets: TIFFValues
  private let byteCounts: TIFFValues?
  private let fileByteCount: Int
  private let pictureHeight: Int
  private let packing: TIFFPicture.Packing

  /// Most bytes of a row of tiles, which must be there at once, in all planes.
  static let mostTileRowBytes = 32 << 20

  /// Throws `ImagingError` unless every part of the first `readPlaneCount` planes lies in the file and can hold its pixels.
  init(
    _ directory: TIFFDirectory, size: PixelSize, bitsPerPixel: Int, packing: TIFFPicture.Packing,
    storedPlaneCount: Int, readPlaneCount: Int
  ) throws {
    isTiled = directory.tileWidth != nil || directory.tileHeight != nil || directory.tileOffsets != nil
    let name = isTiled ? "tiles" : "strips"
    planeRowByteCount = (size.width * bitsPerPixel + 7) / 8
    self.packing = packing
    pictureHeight = size.height
    fileByteCount = directory.tiff.fileByteCount
    if isTiled {
      guard let width = directory.tileWidth, let height = directory.tileHeight, width > 0, height > 0 else {
        throw ImagingError.damaged(.tiff, reason: "its directory gives no size of its tiles")
      }
      guard width <= ImageHeader.maximumSide, height <= ImageHeader.maximumSide else {
        throw ImagingError.damaged(.tiff, reason: "tiles of \(width) x \(height) pixels")
      }
      guard width * bitsPerPixel % 8 == 0 else {
        throw ImagingError.unsupported(.tiff, reason: "a tile's row ends within a byte")
      }
      (self.width, self.height) = (width, height)
    } else {
      let rows = directory.rowsPerStrip ?? size.height
      guard rows > 0 else { throw ImagingError.damaged(.tiff, reason: "its strips have no rows") }
      (width, height) = (size.width, min(rows, size.height))
    }
    columnCount = (size.width + width - 1) / width
    rowCount = (size.height + height - 1) / height
    partRowByteCount = (width * bitsPerPixel + 7) / 8
    guard !isTiled || columnCount * partRowByteCount * height * readPlaneCount <= Self.mostTileRowBytes else {
      throw ImagingError.costly(
        .tiff,
        reason: "a row of tiles of \(width) x \(height) pixels needs more than \(ByteCount(Self.mostTileRowBytes))")
    }
    guard let offsets = isTiled ? directory.tileOffsets : directory.stripOffsets else {
      throw ImagingError.damaged(.tiff, reason: "its directory does not say where its \(name) lie")
    }
    self.offsets = offsets
    byteCounts = isTiled ? directory.tileByteCounts : directory.stripByteCounts
    let partCount = columnCount * rowCount * storedPlaneCount
    guard offsets.count >= partCount, byteCounts.map({ $0.count >= partCount }) ?? (packing == .none) else {
      throw ImagingError.damaged(.tiff, reason: "its directory does not name all of its \(partCount) \(name)")
    }
    try check(readPlaneCount)
  }

  /// Throws unless each part lies in the file and can hold its pixels, and the file all of them: several parts may be the same bytes.
  private func check(_ planeCount: Int) throws {
    var total = 0
    for part in 0..<planeCount * rowCount * columnCount {
      let range = try range(part)
      let needed = byteCount(part)
      guard range.count >= (needed + packing.mostBytesPerByte - 1) / packing.mostBytesPerByte else {
        throw ImagingError.truncated(
          .tiff, reason: "\(name(part)) has \(range.count) bytes, which cannot hold its \(rows(part)) rows")
      }
      total += needed
    }
    guard total / packing.mostBytesPerByte <= fileByteCount else {
      throw ImagingError.damaged(.tiff, reason: "its \(isTiled ? "tiles" : "strips") share their bytes")
    }
  }

  /// As in "strip 3"; counted from 0, as libtiff's tools do.
  func name(_ part: Int) -> String { "\(isTiled ? "tile" : "strip") \(part)" }

  /// Rows of a part that are stored.
  func rows(_ part: Int) -> Int {
    isTiled ? height : min(height, pictureHeight - part / columnCount % rowCount * height)
  }

  /// Bytes of a part, unpacked.
  func byteCount(_ part: Int) -> Int { rows(part) * partRowByteCount }

  /// Where a part's bytes lie in the file. Throws `ImagingError`.
  func range(_ part: Int) throws -> Range<Int> {
    let offset = try offsets.value(part)
    let count = try byteCounts?.value(part) ?? byteCount(part)
    guard offset <= fileByteCount, count <= fileByteCount - offset else {
      throw ImagingError.truncated(
        .tiff, reason: "\(name(part)) lies at byte \(offset), \(count) bytes long, and the file has \(fileByteCount)")
    }
    return offset..<offset + count
  }
}
