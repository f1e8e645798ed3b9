import FeederCore

/// The numbers that decide between encoded bytes, pixels and no cache, measured on this machine with files of the data
/// set.
package struct FormCosts: Sendable, Equatable {
  /// Images of the split.
  package var imageCount: Int
  /// Bytes of all images as encoded files.
  package var encodedByteCount: Int
  /// Bytes of all images as decoded pixels.
  package var pixelByteCount: Int
  /// Seconds of one core to decode one image, at the scale in use.
  package var decodeSeconds: Double
  /// Seconds of one core to fit one image's pixels to the image size; the same in every form.
  package var fitSeconds: Double
  /// Seconds to open and read one source file that is in memory.
  package var openSeconds: Double
  /// Bytes per second from the storage of the cache folder.
  package var storageBytesPerSecond: Double
  /// Bytes of memory that can hold cache files between epochs.
  package var room: Int
  /// Usable cores.
  package var coreCount: Int

  /// Costs from their values.
  package init(
    imageCount: Int, encodedByteCount: Int, pixelByteCount: Int, decodeSeconds: Double, fitSeconds: Double,
    openSeconds: Double, storageBytesPerSecond: Double, room: Int, coreCount: Int
  ) {
    self.imageCount = imageCount
    self.encodedByteCount = encodedByteCount
    self.pixelByteCount = pixelByteCount
    self.decodeSeconds = decodeSeconds
    self.fitSeconds = fitSeconds
    self.openSeconds = openSeconds
    self.storageBytesPerSecond = storageBytesPerSecond
    self.room = room
    self.coreCount = coreCount
  }

  /// Predicted images per second in epochs after the first, with every core busy: the smaller of the rate of the cores
  /// and the rate of the storage for images that memory does not hold.
  package func imagesPerSecond(_ form: CacheForm) -> Double {
    let work = fitSeconds + (form == .encoded ? decodeSeconds : 0)
    return min(Double(coreCount) / max(work, 1e-9), storageImagesPerSecond(byteCount(form)))
  }

  /// The same for `--cache none`, which opens, reads and decodes every file.
  package var imagesPerSecondWithoutCache: Double {
    min(
      Double(coreCount) / max(fitSeconds + decodeSeconds + openSeconds, 1e-9), storageImagesPerSecond(encodedByteCount))
  }

  private func storageImagesPerSecond(_ byteCount: Int) -> Double {
    let missing = Double(byteCount - room)
    guard missing > 0, imageCount > 0 else { return .infinity }
    // Epochs are shuffled, so every image is missing with the same probability.
    return storageBytesPerSecond * Double(imageCount) / missing
  }

  private func byteCount(_ form: CacheForm) -> Int { form == .encoded ? encodedByteCount : pixelByteCount }

  /// The faster form among those that fit on the disk; encoded bytes if both are equally fast, because they are
  /// smaller.
  package func faster(freeByteCount: Int) -> CacheForm {
    pixelByteCount <= freeByteCount && imagesPerSecond(.pixels) > imagesPerSecond(.encoded) ? .pixels : .encoded
  }

  /// The costs and predictions in one line.
  package var line: String {
    func rate(_ value: Double) -> String { value < 1e6 ? String(Int(value.rounded())) : "over 1000000" }
    func milliseconds(_ seconds: Double) -> String {
      let hundredths = Int((seconds * 1e5).rounded())
      return "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10) ms"
    }
    return "predicted images/s: pixels \(rate(imagesPerSecond(.pixels))) (\(ByteCount(pixelByteCount))), "
      + "jpeg \(rate(imagesPerSecond(.encoded))) (\(ByteCount(encodedByteCount))), "
      + "none \(rate(imagesPerSecondWithoutCache)); decode \(milliseconds(decodeSeconds)), "
      + "fit \(milliseconds(fitSeconds)), open \(milliseconds(openSeconds)) per image, "
      + "storage \(ByteCount(Int(min(storageBytesPerSecond, 1e15))))/s, memory for \(ByteCount(room)) of it"
  }
}
