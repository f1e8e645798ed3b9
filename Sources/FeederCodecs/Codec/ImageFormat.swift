/// The formats of image files that Feeder knows, each with its codec in `ImageCodecs.all` where this build reads it.
package enum ImageFormat: String, Sendable, CaseIterable {
  /// ITU-T T.81.
  case jpeg = "JPEG"
  /// ISO/IEC 15948.
  case png = "PNG"
  /// Windows' device-independent bitmap in a file.
  case bmp = "BMP"
  /// TIFF 6.0 and BigTIFF.
  case tiff = "TIFF"
  /// Netpbm's PGM and PPM.
  case pnm = "PNM"
  /// RFC 9649.
  case webp = "WebP"

  /// Its name, as in "a truncated JPEG".
  package var name: String { rawValue }
}
