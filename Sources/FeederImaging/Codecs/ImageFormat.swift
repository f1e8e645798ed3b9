/// The formats of image files that Feeder reads, each with its codec in `ImageCodecs.all`.
package enum ImageFormat: String, Sendable, CaseIterable {
  /// ITU-T T.81.
  case jpeg = "JPEG"

  /// Its name, as in "a truncated JPEG".
  package var name: String { rawValue }
}
