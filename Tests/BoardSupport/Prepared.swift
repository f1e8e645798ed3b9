import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging
import FeederImporting

/// A real JPEG of one grey `value` with a mark, so that each is another file. Throws if no encoder can be made.
package func greyJPEG(
  _ value: UInt8, size: PixelSize = PixelSize(width: 200, height: 100), channels: Int = 1
) throws -> [UInt8] {
  var pixels = Pixels(size: size, channels: channels, value: value)
  for x in 0..<Int(value) % 64 { pixels.bytes[x] = 255 - value }
  let encoder = try JPEGEncoder()
  return try pixels.withView { (view) throws -> [UInt8] in try encoder.encode(view, quality: 90) }
}

extension Scratch {
  /// Prepares `source` of this folder into `out`. Throws what the preparation throws.
  @discardableResult
  package func prepare(
    _ source: String, to out: String = "out", format: String? = nil,
    settings: PreparationSettings = PreparationSettings()
  ) throws -> Audit {
    try PreparationSource.read("\(path)/\(source)", format: format)
      .write(to: "\(path)/\(out)", settings: settings).audit
  }
}
