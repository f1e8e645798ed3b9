import FeederCore
import FeederImaging
import Foundation

/// Measures `FormCosts` with a sample of a split's own files, in under 300 ms on storage that is not very slow.
package enum FormProbe {
  /// Images of the sample at most, spread over the split.
  private static let sampleCount = 48
  /// Time for decoding, and for reading from the storage.
  private static let decodeLimit = Duration.milliseconds(120)
  private static let readLimit = Duration.milliseconds(100)
  /// Read from the storage at most; written to the cache folder before that where the images lie on other storage.
  private static let readByteCount = 4 << 20

  /// The costs of `survey`'s images at `channels` and `imageSize`; `room` is memory that may hold cache files. Throws
  /// `CacheError` where not one image of the sample decodes, or the folder cannot be written to.
  package static func measure(
    _ survey: SourceSurvey, channels: Int, imageSize: Int, folder: CacheFolder, room: Int
  ) throws -> FormCosts {
    let good = survey.images.indices.filter { survey.images[$0].header != nil }
    let step = max(good.count / sampleCount, 1)
    let sample = stride(from: 0, to: good.count, by: step).map { good[$0] }
    var costs = FormCosts(
      imageCount: survey.entries.count, encodedByteCount: survey.fileByteCount,
      pixelByteCount: survey.pixelByteCount(channels: channels, imageSize: imageSize), decodeSeconds: 0, fitSeconds: 0,
      openSeconds: 0, storageBytesPerSecond: 0, room: room, coreCount: CoreLimit.current.usable)
    try timeDecoding(survey, sample, channels: channels, imageSize: imageSize, &costs)
    costs.storageBytesPerSecond = try storageRate(sample.map { survey.entries[$0].imagePath }, folder)
    return costs
  }

  /// Seconds of processor time that this thread used: other work on the machine does not count.
  private static var threadSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func timeDecoding(
    _ survey: SourceSurvey, _ sample: [Int], channels: Int, imageSize: Int, _ costs: inout FormCosts
  ) throws {
    let scratch = try DecodeScratch()
    let pixels = PixelScratch()
    var target = GrowingBuffer()
    let side = PixelSize(side: imageSize)
    let place = PlanarTarget(target.bytes(imageSize * imageSize * channels), size: side, channels: channels)
    var count = 0
    let end = ContinuousClock.now + decodeLimit
    // The first image once more in front: it pays for what is touched for the first time.
    for (number, index) in (sample.prefix(1) + sample).enumerated() {
      if count > 0, ContinuousClock.now > end { break }
      let path = survey.entries[index].imagePath
      do {
        let start = threadSeconds
        let bytes = try scratch.read(path).bytes
        let opened = threadSeconds
        let image = try scratch.decode(
          bytes, path: path, size: survey.images[index].header?.size, channels: channels, imageSize: imageSize)
        let decoded = threadSeconds
        letterbox(image, geometry: Letterbox(source: image.size, target: side), into: place, scratch: pixels)
        guard number > 0 else { continue }
        costs.openSeconds += opened - start
        costs.decodeSeconds += decoded - opened
        costs.fitSeconds += threadSeconds - decoded
        count += 1
      } catch CacheError.damagedImage {
        continue  // building the cache will name it
      }
    }
    guard count > 0 else { return }
    costs.openSeconds /= Double(count)
    costs.decodeSeconds /= Double(count)
    costs.fitSeconds /= Double(count)
  }

  /// Bytes a second of the cache folder's storage: the images themselves where they lie on it, else a file written for that.
  private static func storageRate(_ paths: [String], _ folder: CacheFolder) throws -> Double {
    try folder.make()
    if let first = paths.first, StorageProbe.device(of: first) == StorageProbe.device(of: folder.url.path) {
      return StorageProbe.readRate(of: paths, byteCount: readByteCount, within: readLimit)
    }
    return try StorageProbe.readRate(under: folder.url, byteCount: readByteCount, within: readLimit)
  }
}
