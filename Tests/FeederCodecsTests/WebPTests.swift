import BoardSupport
import FeederCore
import FeederImaging
import Foundation
import Testing

@testable import FeederCodecs

@Suite("WebP: by libwebp if it is installed, with our own checks before")
struct WebPTests {
  /// Written by Pillow 13.0: 6 x 4 pixels, the one at (x, y) is (40 x, 60 y, 20 x y modulo 256).
  private enum Sample: String, CaseIterable {
    /// save(lossless=True)
    case lossless = "UklGRjQAAABXRUJQVlA4TCgAAAAvBcAAALkyRPQ/dlH46H/AINtIBTt/sbt/hkERCKQ4iDWOCYB1oH4x"
    /// save(quality=90)
    case lossy =
      """
      UklGRnYAAABXRUJQVlA4IGoAAABQAgCdASoGAAQAAMASJagCdEYAZYACzbGvyAAA/v268B/53rgxA9NYeCxt23foH/ubYlQrP5/SsPa/aZsT9MzGcwFefb+9i+5KmX/4
      a/cH+WyAOv4N//+Qx/yT/lRa/0N/4r/4R0pGxgAA
      """
    /// save(lossless=True, exif=...), orientation 6
    case turned =
      """
      UklGRmgAAABXRUJQVlA4WAoAAAAIAAAABQAAAwAAVlA4TCgAAAAvBcAAALkyRPQ/dlH46H/AINtIBTt/sbt/hkERCKQ4iDWOCYB1oH4xRVhJRhoAAABNTQAqAAAACAAB
      ARIAAwAAAAEABgAAAAAAAA==
      """
    /// With alpha from 0 to 255: save(lossless=True, exact=True)
    case alpha = "UklGRjwAAABXRUJQVlA4TDAAAAAvBcAAELkyRPQ/dlH46H9AIEAI8z9GxKAIBFIcxBoTZhunynIee90EwJhKSOUjBQM="
    /// The same: save(quality=80)
    case alphaLossy =
      """
      UklGRo4AAABXRUJQVlA4WAoAAAAQAAAABQAAAwAAQUxQSBkAAAAAISEhISEhXl5eXl5eoaGhoaGh3t7e3t7eAFZQOCBOAAAAEAIAnQEqBgAEAAFAJiWoAnQ1wAF9PeBm
      oAD+9+CZ1yzTjq9WY6VIrme7n89cnqQXVh3Lc5v/+XGP/iAnjht/QjxP+DkxUeh/8etmoAAA
      """
    /// save(save_all=True, append_images=..., lossless=True)
    case animated =
      """
      UklGRgQBAABXRUJQVlA4WAoAAAACAAAABQAAAwAAQU5JTQYAAAAAAAAAAABBTk1GaAAAAAAAAAAAAAUAAAMAAAAAAAJWUDhMUAAAAC8FwAAAvyAQSPFgITwoCiFJcgbh
      E8RCLMIniIV5sAeb/wgBAAcDA8M/BEH+YBj2iYuL6wVBEFDYtpGaOr5nhoj+B0go46DGOi9Zauux574/QU5NRmgAAAAAAAAAAAAFAAADAAAAAAAAVlA4TFAAAAAvBcAA
      AL8gEEjxYCE8KAohSXIG4RPEQizCJ4iFebAHm/8IAQAHAwPDPwRB/mAY9omLi+sFQRBQ2LaRmjq+Z4aI/sffPTu/1ZLRnTUqnlGCAA==
      """

    var file: [UInt8] { [UInt8](Data(base64Encoded: rawValue, options: .ignoreUnknownCharacters) ?? Data()) }
  }

  private static let pixels = (0..<24).flatMap { index -> [UInt8] in
    let (x, y) = (index % 6, index / 6)
    return [UInt8(40 * x), UInt8(60 * y), UInt8(20 * x * y % 256)]
  }

  private func refusal(_ file: [UInt8]) -> String? {
    do {
      _ = try ImageDecoder().decode(file, channels: 3)
      return nil
    } catch {
      #expect(error is ImagingError && !"\(error)".contains("\n"))
      return "\(error)"
    }
  }

  @Test(
    "lossless, lossy, alpha, orientation",
    .enabled(if: WebPLibrary.installed != nil, "skipped: libwebp is not installed (apt-get install libwebp7)"))
  func decoded() throws {
    let decoder = try ImageDecoder()
    #expect(try decoder.decode(Sample.lossless.file, channels: 3).bytes == Self.pixels)
    #expect(decoder.remarks.isEmpty)
    #expect(try decoder.decode(Sample.alpha.file, channels: 3).bytes == Self.pixels)
    #expect(decoder.remarks == .transparency)
    for sample in [Sample.lossy, .alphaLossy] {
      let found = try decoder.decode(sample.file, channels: 3).bytes
      let mean = zip(found, Self.pixels).map { abs(Int($0) - Int($1)) }.reduce(0, +) / found.count
      #expect(mean < 40, "so small a picture loses much")
    }
    let turned = try decoder.decode(Sample.turned.file, channels: 3)
    #expect(turned.size == PixelSize(width: 4, height: 6))
    for (index, pixel) in stride(from: 0, to: Self.pixels.count, by: 3).enumerated() {
      let (x, y) = (index % 6, index / 6)
      let place = (x * 4 + 3 - y) * 3
      #expect(Array(turned.bytes[place..<place + 3]) == Array(Self.pixels[pixel..<pixel + 3]))
    }
    let grey = try decoder.decode(Sample.lossless.file, channels: 1, scale: DecodeScale(denominator: 2))
    #expect(grey.size == PixelSize(width: 3, height: 2))
    let more = Sample.lossless.file + [1, 2, 3]
    #expect(try decoder.decode(more, channels: 3).bytes == Self.pixels && decoder.remarks == .bytesBehindEnd)
  }

  @Test("without libwebp there is one line that says what to install")
  func missingLibrary() {
    #expect(WebPLibrary(names: ["libnothing-of-this-name.so.1"]) == nil)
    Sample.lossy.file.withUnsafeBytes { file in
      let error = #expect(throws: ImagingError.self) { try WebPCodec.checked(file, file.count, nil) }
      #expect(error?.description.contains("apt-get install libwebp7") == true)
    }
  }

  @Test("animations, damage and size have their reasons")
  func refused() {
    #expect(refusal(Sample.animated.file)?.contains("animation") == true)
    var file = Sample.lossless.file
    file.replaceSubrange(21..<25, with: [0xFF, 0xFF, 0xFF, 0x0F])  // 16,384 x 16,384
    #expect(refusal(file)?.contains("limit") == true)
    file[20] = 0
    #expect(refusal(file)?.contains("does not begin as a lossless") == true)
    file = Sample.turned.file
    file[24] = 9  // the canvas's width
    #expect(refusal(file)?.contains("different sizes") == true)
    file = Sample.lossy.file
    file[24] = 0
    #expect(refusal(file)?.contains("does not begin as a lossy") == true)
    file = Sample.lossless.file
    file[16] = 0xFF
    #expect(refusal(file)?.contains("leads out of the file") == true)
    file[12] = 0x41
    #expect(refusal(file) != nil)
  }

  @Test(
    "a file that is cut or changed anywhere is refused or read, and nothing else happens", arguments: Sample.allCases)
  private func everyByte(_ sample: Sample) {
    let file = sample.file
    for count in 0..<file.count { #expect(refusal(Array(file.prefix(count))) != nil) }
    for place in file.indices {
      for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
        var changed = file
        changed[place] = value
        _ = refusal(changed)
      }
    }
  }
}
