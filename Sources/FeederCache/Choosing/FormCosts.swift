import FeederCore

/// What decides between encoded bytes, pixels and no cache: measured on this machine with the data set's own files.
package struct FormCosts: Sendable, Equatable {
  /// Images of the split, and bytes of all of them in both forms.
  package var imageCount: Int
  package var encodedByteCount: Int
  package var pixelByteCount: Int
  /// Seconds of one core to decode an image at the scale that is used.
  package var decodeSeconds: Double
  /// Seconds of one core to fit decoded pixels to the image size: the same in every form.
  package var fitSeconds: Double
  /// Seconds to open and read one source file that is in memory.
  package var openSeconds: Double
  /// Bytes a second that the cache folder's storage gives.
  package var storageBytesPerSecond: Double
  /// Bytes of memory that may hold cache files between epochs.
  package var room: Int
  /// Cores.
  package var coreCount: Int

  /// Costs by their fields.
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

  /// Predicted images a second of an epoch after the first, every core at work: the smaller of what the cores do and what
  /// the storage gives of the part that memory does not hold.
  package func imagesPerSecond(_ form: CacheForm) -> Double {
    let work = fitSeconds + (form == .encoded ? decodeSeconds : 0)
    return min(Double(coreCount) / max(work, 1e-9), storageImagesPerSecond(byteCount(form)))
  }

  /// The same for `--cache none`: encoded, and every file is opened and read.
  package var imagesPerSecondWithoutCache: Double {
    min(
      Double(coreCount) / max(fitSeconds + decodeSeconds + openSeconds, 1e-9), storageImagesPerSecond(encodedByteCount))
  }

  private func storageImagesPerSecond(_ byteCount: Int) -> Double {
    let missing = Double(byteCount - room)
    guard missing > 0, imageCount > 0 else { return .infinity }
    // Shuffled epochs: each image misses with the same probability.
    return storageBytesPerSecond * Double(imageCount) / missing
  }

  private func byteCount(_ form: CacheForm) -> Int { form == .encoded ? encodedByteCount : pixelByteCount }

  /// The faster form that fits on the disk. If both are equally fast, the smaller one: encoded bytes.
  package func faster(freeByteCount: Int) -> CacheForm {
    pixelByteCount <= freeByteCount && imagesPerSecond(.pixels) > imagesPerSecond(.encoded) ? .pixels : .encoded
  }

  /// The numbers in one line, for people.
  package var line: String {
    func rate(_ value: Double) -> String { value < 1e6 ? String(Int(value.rounded())) : "over 1000000" }
    func milliseconds(_ seconds: Double) -> String {
      let hundredths = Int((seconds * 1e5).rounded())
      return "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10) ms"
    }
    return "predicted images/s: pixels \(rate(imagesPerSecond(.pixels))) (\(ByteCount(pixelByteCount))), "
      + "jpeg \(rate(imagesPerSecond(.encoded))) (\(ByteCount(encodedByteCount))), "
      + "none \(rate(imagesPerSecondWithoutCache)); decode \(milliseconds(decodeSeconds)), "
      + "fit \(milliseconds(fitSeconds)), open \(milliseconds(openSeconds)) an image, "
      + "storage \(ByteCount(Int(min(storageBytesPerSecond, 1e15))))/s, memory for \(ByteCount(room)) of it"
  }
}
