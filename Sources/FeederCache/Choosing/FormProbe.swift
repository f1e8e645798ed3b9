import FeederCore
import FeederImaging
import Foundation

/// Measures `FormCosts` on a sample of the split's files. Takes under 300 ms unless the storage is very slow.
package enum FormProbe {
  /// Most images in the sample, which is spread over the split.
  private static let sampleCount = 48
  /// Time limit for decoding.
  private static let decodeLimit = Duration.milliseconds(120)
  /// Time limit for reading from the storage.
  private static let readLimit = Duration.milliseconds(100)
  /// Most bytes to read from the storage. They are first written to the cache folder if the images are on other
  /// storage.
  private static let readByteCount = 4 << 20

  /// The costs of `survey`'s images at `channels` and `imageSize`. `room` is the bytes of memory that can hold cache
  /// files. Throws `CacheError` if the cache folder cannot be written.
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

  /// Seconds of CPU time that this thread used, so other work on the machine does not count.
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
    // The first image runs once more, before the others, because first touches of memory are slow.
    for (number, index) in (sample.prefix(1) + sample).enumerated() {
      if count > 0, ContinuousClock.now > end { break }
      let path = survey.entries[index].imagePath
      do {
        let start = threadSeconds
        let bytes = try scratch.read(path).bytes
        let opened = threadSeconds
        let image = try scratch.decode(
          bytes, path: path, size: survey.images[index].header?.size, channels: channels, imageSize: imageSize,
          window: .full)  // every window costs the same
        let decoded = threadSeconds
        letterbox(image, geometry: Letterbox(source: image.size, target: side), into: place, scratch: pixels)
        guard number > 0 else { continue }
        costs.openSeconds += opened - start
        costs.decodeSeconds += decoded - opened
        costs.fitSeconds += threadSeconds - decoded
        count += 1
      } catch CacheError.damagedImage {
        continue  // the build of the cache names the image
      }
    }
    guard count > 0 else { return }
    costs.openSeconds /= Double(count)
    costs.decodeSeconds /= Double(count)
    costs.fitSeconds /= Double(count)
  }

  /// Bytes per second from the storage of the cache folder. Reads the images if they are on it, else a file written for
  /// this.
  private static func storageRate(_ paths: [String], _ folder: CacheFolder) throws -> Double {
    try folder.make()
    if let first = paths.first, StorageProbe.device(of: first) == StorageProbe.device(of: folder.url.path) {
      return StorageProbe.readRate(of: paths, byteCount: readByteCount, within: readLimit)
    }
    return try StorageProbe.readRate(under: folder.url, byteCount: readByteCount, within: readLimit)
  }
}
