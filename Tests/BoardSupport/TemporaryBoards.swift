import FeederCore
import FeederDatasets
import FeederImaging
import Foundation

/// A fresh folder of small JPEGs with labels in YOLO layout, removed with the value's last owner.
package final class TemporaryBoards {
  /// The data set's folder, with data.yaml; both splits name the same images.
  package let folder: URL
  /// Its images.
  package let entries: [DatasetEntry]

  /// `count` boards of changing sizes, all `channels` wide; every fifth has no objects.
  package init(count: Int, channels: Int = 1, sizes: [PixelSize] = TemporaryBoards.mixedSizes) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "feeder-boards-\(UUID().uuidString)")
    let images = folder.appending(path: "images/train")
    let labels = folder.appending(path: "labels/train")
    for each in [images, labels] {
      try FileManager.default.createDirectory(at: each, withIntermediateDirectories: true)
    }
    let encoder = try JPEGEncoder()
    for number in 0..<count {
      let name = "board" + String(number + 1000)
      let pixels = Self.board(number, size: sizes[number % sizes.count], channels: channels)
      let jpeg = try pixels.withView { try encoder.encode($0, quality: 90) }
      try Data(jpeg).write(to: images.appending(path: name + ".jpg"))
      try Self.labelText(number).write(to: labels.appending(path: name + ".txt"), atomically: false, encoding: .utf8)
    }
    try "path: .\ntrain: images/train\nval: images/train\nnames: [a, b, c]\n".write(
      to: folder.appending(path: "data.yaml"), atomically: false, encoding: .utf8)
    entries = try Dataset.open(folder.path).entries(.train)
  }

  /// The data set.
  package func dataset() throws -> Dataset { try Dataset.open(folder.path) }

  /// Writes another image over that of entry `index`; `bytes` need not be a JPEG.
  package func overwrite(_ index: Int, with bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: entries[index].imagePath))
  }

  /// The bytes of entry `index`'s image file.
  package func jpeg(_ index: Int) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: entries[index].imagePath)))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Sizes that end up in every reduction that decoding has.
  package static let mixedSizes = [
    PixelSize(width: 96, height: 96), PixelSize(width: 120, height: 70), PixelSize(width: 50, height: 90),
    PixelSize(width: 200, height: 160), PixelSize(width: 33, height: 17),
  ]

  /// Smooth waves with a bright square, different for every number.
  package static func board(_ number: Int, size: PixelSize, channels: Int) -> Pixels {
    var pixels = Pixels(size: size, channels: channels, value: 0)
    for y in 0..<size.height {
      for x in 0..<size.width {
        for channel in 0..<channels {
          let wave = (x * (number % 5 + 1) + y * (channel + 2) + number * 17) % 128
          let square = abs(x - size.width / 2) < size.width / 6 && abs(y - size.height / 2) < size.height / 6
          pixels.bytes[(y * size.width + x) * channels + channel] = UInt8(square ? 230 - channel * 40 : 40 + wave)
        }
      }
    }
    return pixels
  }

  private static func labelText(_ number: Int) -> String {
    if number % 5 == 4 { return "" }
    return "\(number % 3) 0.5 0.5 0.3333 0.3333\n\((number + 1) % 3) 0.2 0.7 0.25 0.2\n"
  }
}
