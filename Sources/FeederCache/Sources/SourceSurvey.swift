import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging

/// The headers of a split's image files: the first step of every build, and the only one without a cache.
package struct SourceSurvey: Sendable {
  /// One image file.
  struct Image: Sendable {
    let stamp: FileStamp
    /// Nil if the header is damaged.
    let header: ImageHeader?
    /// The fault of the header; nil if there is none.
    let damage: String?
    /// False if the file could not be read. That may pass, as when a network drive is away.
    var wasRead = true
  }

  let entries: [DatasetEntry]
  let images: [Image]
  /// The limits that the headers were checked against.
  let limits: ImageLimits

  /// Bytes to read first. Nearly every header lies in its file's first 64 KiB; if not, the whole file is read.
  private static let headerByteCount = 64 * 1024

  /// Reads the header of every entry, on all cores. Notes a damaged header, or one beyond `limits`, and does not throw for
  /// it.
  package init(_ entries: [DatasetEntry], limits: ImageLimits = .standard) throws {
    self.entries = entries
    self.limits = limits
    images = try DecodeScratch.map(entries.count) { index, scratch in
      Self.look(entries[index].imagePath, limits, scratch)
    }
  }

  private static func look(_ path: String, _ limits: ImageLimits, _ scratch: DecodeScratch) -> Image {
    var endsEarly = false
    func look(_ bytes: UnsafeRawBufferPointer, _ stamp: FileStamp) throws -> Image {
      do {
        let header = try ImageHeader(of: bytes, fileByteCount: Int(clamping: stamp.size), limits: limits)
        return Image(stamp: stamp, header: header, damage: nil)
      } catch let error as ImagingError {
        if case .truncated = error { endsEarly = UInt64(bytes.count) < stamp.size }
        return Image(stamp: stamp, header: nil, damage: error.description)
      }
    }
    do {
      let (bytes, stamp) = try scratch.read(path, limit: headerByteCount, limits: limits)
      let image = try look(bytes, stamp)
      guard endsEarly else { return image }
      let source = try SourceMap(path, limits: limits)
      let whole = try look(source.bytes, source.stamp)
      try source.check()
      return whole
    } catch CacheError.damagedImage(_, let reason) {
      return Image(stamp: .of(path), header: nil, damage: reason, wasRead: false)
    } catch {
      return Image(stamp: .of(path), header: nil, damage: "\(error)", wasRead: false)
    }
  }

  /// The size of image `index` after EXIF rotation, in pixels. Throws `CacheError.damagedImage` if its header is
  /// damaged.
  package func size(of index: Int) throws -> PixelSize {
    guard let header = images[index].header else {
      throw CacheError.damagedImage(
        path: entries[index].imagePath, reason: images[index].damage ?? "its size is unknown")
    }
    return header.size
  }

  /// Size and labels of the images whose headers are intact.
  package var sizedEntries: [(size: PixelSize, labels: [Label])] {
    zip(images, entries).compactMap { image, entry in image.header.map { ($0.size, entry.labels) } }
  }

  /// Bytes of the decoded pixels of all images.
  package func pixelByteCount(channels: Int, imageSize: Int) -> Int {
    Self.pixelByteCount(of: images.compactMap(\.header?.size), channels: channels, imageSize: imageSize)
  }

  /// Bytes of the pixels of images with these sizes, decoded at `DecodeScale.fitting`.
  static func pixelByteCount(of sizes: some Sequence<PixelSize>, channels: Int, imageSize: Int) -> Int {
    sizes.reduce(0) { sum, size in
      let decoded = DecodeScale.fitting(size, imageSize: imageSize).size(of: size)
      return sum + decoded.width * decoded.height * channels
    }
  }

  /// Bits of the samples in the files.
  package var depth: SampleDepth { SampleDepth(images.lazy.map(\.header)) }

  /// Bytes of all image files.
  package var fileByteCount: Int { images.reduce(0) { $0 + Int(clamping: $1.stamp.size) } }
}
