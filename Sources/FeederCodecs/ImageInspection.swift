import FeederCore
import FeederImaging

/// A picture decoded in full for somebody who wants to know what Feeder sees; it allocates as it likes.
package struct ImageInspection {
  /// What the header says.
  package let header: ImageHeader
  /// All that is worth a word.
  package let remarks: ImageRemarks
  /// The levels as they are stored; bytes for up to 8 bits, widened to 0...255.
  package let histogram: LevelHistogram
  /// The picture's planes, row by row without gaps: grey, or red, green and blue. A byte a sample if `window` maps it or if it has no more
  /// bits; else the levels as stored, 16 bits a sample, the lower byte first.
  package let planes: [UInt8]
  /// True if `planes` holds 16 bits a sample.
  package let hasWideSamples: Bool

  /// Decodes a whole file; levels of more than 8 bits are mapped by `window` if there is one. Throws `ImagingError`.
  package init(_ file: [UInt8], window: LevelWindow?) throws {
    let decoder = try ImageDecoder()
    let header = try file.withUnsafeBytes { try decoder.open($0) }
    var histogram = LevelHistogram()
    var planes: [UInt8]?
    if header.hasLevels {
      var levels: [UInt16] = []
      let count = try file.withUnsafeBytes { file in
        _ = try decoder.open(file)
        return try decoder.decodeLevels(into: &levels)
      }
      histogram.add(levels, count: count)
      if window == nil {
        planes = Self.planes(levels, header.channels).map(\.littleEndian).withUnsafeBytes { Array($0) }
      }
    }
    hasWideSamples = planes != nil
    if planes == nil {
      let pixels = try file.withUnsafeBytes {
        try decoder.decode($0, channels: header.channels, window: window ?? .full)
      }
      if !header.hasLevels { pixels.bytes.withUnsafeBytes { histogram.add($0) } }
      planes = Self.planes(pixels.bytes, header.channels)
    }
    self.header = header
    self.histogram = histogram
    self.planes = planes ?? []
    remarks = decoder.remarks
  }

  private static func planes<Sample>(_ samples: [Sample], _ channels: Int) -> [Sample] {
    guard channels > 1 else { return samples }
    return (0..<channels).flatMap { channel in
      stride(from: channel, to: samples.count, by: channels).map { samples[$0] }
    }
  }
}
