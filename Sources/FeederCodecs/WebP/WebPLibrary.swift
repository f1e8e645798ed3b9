import Foundation

/// Google's libwebp, if it is on this machine: looked for when the first WebP is read, so Feeder runs without.
struct WebPLibrary: Sendable {
  private typealias DecodeRGBInto =
    @convention(c) (
      UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?, Int, Int32
    ) -> UnsafeMutablePointer<UInt8>?

  private let decodeRGBInto: DecodeRGBInto

  /// Nil if it is not installed.
  static let installed = WebPLibrary(names: ["libwebp.so.7", "libwebp.so", "libwebp.7.dylib", "libwebp.dylib"])

  /// The first of `names` that can be loaded; it stays loaded. Nil if there is none.
  init?(names: [String]) {
    for name in names {
      guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { continue }
      guard let symbol = dlsym(library, "WebPDecodeRGBInto") else { continue }
      decodeRGBInto = unsafeBitCast(symbol, to: DecodeRGBInto.self)
      return
    }
    return nil
  }

  /// Decodes `file` into `target`: red, green and blue side by side, `rowByteCount` bytes a row. False if the file is damaged.
  func decode(
    _ file: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, rowByteCount: Int
  ) -> Bool {
    decodeRGBInto(
      file.assumingMemoryBound(to: UInt8.self).baseAddress, file.count,
      target.assumingMemoryBound(to: UInt8.self).baseAddress, target.count, Int32(rowByteCount)) != nil
  }
}
