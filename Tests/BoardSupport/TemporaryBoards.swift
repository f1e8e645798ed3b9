import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging
import Foundation

/// A new folder of small JPEGs with labels in YOLO layout. It is removed when the value is released.
package final class TemporaryBoards {
  /// The folder of the data set, with data.yaml. Both splits name the same images.
  package let folder: URL
  /// The images of the data set.
  package let entries: [DatasetEntry]

  /// Writes `count` boards of the given sizes with `channels` channels. Every fifth has no objects. Throws if a file
  /// cannot be written.
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

  /// Opens the data set. Throws `DatasetError`.
  package func dataset() throws -> Dataset { try Dataset.open(folder.path) }

  /// Replaces the image of entry `index` by `bytes`, which need not be a JPEG. Throws if the file cannot be written.
  package func overwrite(_ index: Int, with bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: entries[index].imagePath))
  }

  /// The bytes of entry `index`'s image file. Throws if it cannot be read.
  package func jpeg(_ index: Int) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: entries[index].imagePath)))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Sizes that together need every reduction that decoding offers.
  package static let mixedSizes = [
    PixelSize(width: 96, height: 96), PixelSize(width: 120, height: 70), PixelSize(width: 50, height: 90),
    PixelSize(width: 200, height: 160), PixelSize(width: 33, height: 17),
  ]

  /// A picture of smooth waves with a bright square, different for every `number`.
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
