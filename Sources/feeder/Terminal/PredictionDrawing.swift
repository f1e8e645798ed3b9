import FeederCache
import FeederCodecs
import FeederCore
import FeederDatasets
import FeederFiles
import FeederImaging
import FeederMetrics
import FeederReporting
import FeederRun
import Foundation

/// The pictures of `feeder predict`: one annotated JPEG per image, and on request a crop of each call at full resolution.
struct PredictionDrawing {
  /// An image whose longer side has at least twice as many pixels is reduced before it is drawn, so that people can open the picture.
  private static let longestSide = 2048
  /// The least margin around the call of a crop, in pixels of the original.
  private static let cropMargin = 32.0

  let entries: [DatasetEntry]
  let classNames: [String]
  let window: LevelWindow
  let folder: OutputFolder
  /// The images for crops; nil for no crops.
  let cropped: (any ImageSource)?

  /// Draws the results. Returns the images that could not be read, after one line on stderr for each. Throws `QuietEnd` if cancelled,
  /// `FileError` if a picture cannot be written.
  func draw(
    _ results: [ImageResult], _ cancellation: Cancellation
  ) throws -> [(imageID: String, path: String)] {
    let (scratch, encoder) = (try DecodeScratch(pictureWindow: window), try JPEGEncoder())
    let bar = ProgressBar("drawing", total: results.count, unit: "images")
    var unreadable: [(imageID: String, path: String)] = []
    for (done, (result, entry)) in zip(results, entries).enumerated() {
      if cancellation.isCancelled {
        Terminal.say(
          "feeder: interrupted; \(done) of \(results.count) images are drawn, and no predictions are written")
        throw QuietEnd(status: Interruption.exitStatus)
      }
      do {
        let (pixels, scale) = try scratch.picture(entry.imagePath, fitting: Self.longestSide)
        let detections = result.detections.map { found in
          var shown = found
          shown.box = shown.box.scaled(by: 1 / Double(scale.denominator))
          return shown
        }
        let jpeg = try AnnotatedImage.jpeg(pixels, detections: detections, classNames: classNames, encoder: encoder)
        try folder.write(PictureMark.jpeg(jpeg), as: result.imageID + ".jpg")
        try crop(result, done, scratch, encoder)
      } catch CacheError.damagedImage(let path, let reason) {
        Terminal.say("\(path) \(reason); left out")
        unreadable.append((result.imageID, entry.imagePath))
      }
      bar.advance()
    }
    return unreadable
  }

  /// Writes a picture of each call, with a margin, as `crops/CLASS/IMAGE_NUMBER.jpg`; numbers count from 1 by falling confidence.
  private func crop(_ result: ImageResult, _ index: Int, _ scratch: DecodeScratch, _ encoder: JPEGEncoder) throws {
    guard let cropped, let size = cropped.size(of: index) else { return }
    for (number, found) in result.detections.sorted(by: { $0.score > $1.score }).enumerated() {
      let margin = max(Self.cropMargin, max(found.box.width, found.box.height) / 4)
      let box = Box(
        x1: found.box.x1 - margin, y1: found.box.y1 - margin, x2: found.box.x2 + margin, y2: found.box.y2 + margin
      ).clipped(to: size)
      let (left, top) = (Int(box.x1.rounded(.down)), Int(box.y1.rounded(.down)))
      let (right, bottom) = (Int(box.x2.rounded(.up)), Int(box.y2.rounded(.up)))
      guard right > left, bottom > top else { continue }
      let tile = Tile(x: left, y: top, size: PixelSize(width: right - left, height: bottom - top))
      let jpeg = try encoder.encode(try cropped.prepare(index, tile: tile, scratch: scratch), quality: 95)
      try folder.write(
        PictureMark.jpeg(jpeg), as: "crops/\(name(of: found.classID))/\(result.imageID)_\(number + 1).jpg")
    }
  }

  /// The class as the name of a folder.
  private func name(of classID: Int) -> String {
    let name = classNames.indices.contains(classID) ? classNames[classID] : ""
    let safe = String(name.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
    return safe.isEmpty || safe.hasPrefix(".") ? "class \(classID)" : safe
  }
}

extension Box {
  fileprivate func scaled(by factor: Double) -> Box {
    Box(x1: x1 * factor, y1: y1 * factor, x2: x2 * factor, y2: y2 * factor)
  }
}
