/// The limits that hold before anything of an image file is allocated or decoded.
package struct ImageLimits: Hashable, Sendable {
  /// Most pixels of an image.
  package let pixelCount: Int

  /// The limits unless the user raises them.
  package static let standard = ImageLimits(pixelCount: 178_956_970)

  /// Images of at most `pixelCount` pixels. `standard` has twice 89,478,485, at which Pillow refuses an image as a
  /// decompression bomb.
  package init(pixelCount: Int) { self.pixelCount = pixelCount }

  /// Most bytes of a file: 256 MiB, 12 bits for each of the pixels of `standard`; 2 GiB for larger images.
  package var fileByteCount: Int { pixelCount <= Self.standard.pixelCount ? 256 << 20 : Int(Int32.max) }

  /// Throws `ImagingError.tooLarge` if an image of `width` x `height` pixels is beyond the limits.
  func check(width: Int, height: Int) throws {
    guard width <= ImageHeader.maximumSide, height <= ImageHeader.maximumSide, width * height <= pixelCount else {
      throw ImagingError.tooLarge(width: width, height: height, limit: pixelCount)
    }
  }
}
