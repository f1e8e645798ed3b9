import FeederCore
import FeederImaging

/// One image of the data set on a training canvas: pixel p of the original is at `left + p * ratio`.
struct CanvasImage: Sendable, Equatable {
  /// Index into the data set's entries.
  let entryIndex: Int
  /// Size of the original in pixels.
  let size: PixelSize
  /// Canvas position of the original's left edge.
  let left: Double
  /// Canvas position of the original's upper edge.
  let top: Double
  /// Canvas pixels per pixel of the original.
  let ratio: Double

  /// The whole image on the canvas, not cropped.
  var frame: Box {
    Box(x1: left, y1: top, x2: left + Double(size.width) * ratio, y2: top + Double(size.height) * ratio)
  }
}

/// Up to four placed images. They are stored inline, so a worker allocates no memory.
struct CanvasImages: RandomAccessCollection, Sendable, Equatable {
  private var places: (CanvasImage?, CanvasImage?, CanvasImage?, CanvasImage?) = (nil, nil, nil, nil)
  private(set) var endIndex = 0
  let startIndex = 0

  /// Adds an image at the end. At most four fit.
  mutating func append(_ image: CanvasImage) {
    switch endIndex {
    case 0: places.0 = image
    case 1: places.1 = image
    case 2: places.2 = image
    case 3: places.3 = image
    default: preconditionFailure("a mosaic has four images")
    }
    endIndex += 1
  }

  subscript(position: Int) -> CanvasImage {
    let image =
      switch position {
      case 0: places.0
      case 1: places.1
      case 2: places.2
      default: places.3
      }
    guard let image else { preconditionFailure("image \(position) of \(endIndex)") }
    return image
  }

  static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }
}

/// The positions of all images of one training image: source images on a square canvas, and the canvas on the output.
///
/// The canvas is never drawn. Without `turn` its map to the output is axis-aligned: each source image is one rectangle
/// of the output, and canvas point p is at `gain * p + offset` of the output, before the flips.
struct TrainingCanvas: Sendable, Equatable {
  /// Side of the canvas: twice the image size for a mosaic, the image size for a single image.
  let side: Double
  /// Side of the output in pixels.
  let outputSide: Int
  /// The placed images. Images of unknown size (damaged files) are left out.
  let images: CanvasImages
  /// Output pixels per canvas pixel.
  let gain: Double
  /// Output position of the canvas's left edge.
  let offsetX: Double
  /// Output position of the canvas's upper edge.
  let offsetY: Double
  /// True if the output is finally mirrored from left to right.
  let flips: Bool
  /// True if the output is finally mirrored from top to bottom.
  let flipsUp: Bool
  /// The whole map if it is not axis-aligned. It then replaces gain, offsets and flips.
  let turn: CanvasTurn?

  /// Places the members of `plan`. `size` gives an entry's original size, or nil if its file is too damaged to show it. All tiles of
  /// `tileSide` have one scale; nil fits each image into the image size.
  init(_ plan: AugmentationPlan, imageSize: Int, tileSide: Int? = nil, size: (Int) -> PixelSize?) {
    let output = Double(imageSize)
    outputSide = imageSize
    side = plan.isMosaic ? output * 2 : output
    gain = plan.gain
    offsetX = plan.shiftX - plan.gain * side / 2
    offsetY = plan.shiftY - plan.gain * side / 2
    flips = plan.flips
    flipsUp = plan.flipsUp
    turn = CanvasTurn(plan, side: side, outputSide: output)
    var images = CanvasImages()
    for place in 0..<(plan.isMosaic ? 4 : 1) {
      let entry = plan.members[place]
      guard let size = size(entry) else { continue }
      let ratio = output / Double(tileSide ?? max(size.width, size.height))
      let width = Double(size.width) * ratio
      let height = Double(size.height) * ratio
      let left: Double
      let top: Double
      if plan.isMosaic {  // the four corners that meet at the centre
        left = Double(plan.centerX) - (place % 2 == 0 ? width : 0)
        top = Double(plan.centerY) - (place < 2 ? height : 0)
      } else {
        left = (output - width) / 2
        top = (output - height) / 2
      }
      images.append(CanvasImage(entryIndex: entry, size: size, left: left, top: top, ratio: ratio))
    }
    self.images = images
  }

  /// Columns and rows of output pixels.
  typealias Rectangle = (columns: Range<Int>, rows: Range<Int>)

  /// The output pixels whose centres are on the part of `image` inside the canvas, after the flips. Both ranges may be
  /// empty. The rectangles of several images never overlap.
  func rectangle(of image: CanvasImage) -> Rectangle {
    let frame = image.frame
    let columns = pixels(from: max(frame.x1, 0), to: min(frame.x2, side), offset: offsetX)
    let rows = pixels(from: max(frame.y1, 0), to: min(frame.y2, side), offset: offsetY)
    func mirrored(_ range: Range<Int>) -> Range<Int> { outputSide - range.upperBound..<outputSide - range.lowerBound }
    return (flips ? mirrored(columns) : columns, flipsUp ? mirrored(rows) : rows)
  }

  private func pixels(from low: Double, to high: Double, offset: Double) -> Range<Int> {
    func edge(_ canvas: Double) -> Int {
      let position = (gain * canvas + offset - 0.5).rounded(.up)
      return Int(min(max(position, 0), Double(outputSide)))
    }
    let start = edge(low)
    return start..<max(edge(high), start)
  }

  /// The map from output pixels to the stored pixels of `image`, which may be a reduction of the original.
  func map(of image: CanvasImage, stored: PixelSize) -> AxisMap {
    let frame = image.frame
    let scaleX = Double(stored.width) / (frame.width * gain)
    let scaleY = Double(stored.height) / (frame.height * gain)
    return AxisMap(
      scaleX: scaleX, scaleY: scaleY, offsetX: -(offsetX + gain * image.left) * scaleX,
      offsetY: -(offsetY + gain * image.top) * scaleY, flipped: flips, upended: flipsUp)
  }

  /// One box of `image`, in pixels of the original, on the output: clipped to the canvas, mapped, clipped to the output
  /// and flipped. On a turned canvas it is the box around the mapped corners.
  ///
  /// Nil if too little of it is left. It must keep over 2 px per side, over 0.1 of its mapped area and an aspect ratio
  /// under 100 (the limits of YOLOv8's training, measured on its results).
  func box(_ box: Box, of image: CanvasImage) -> Box? {
    let canvas = Box(
      x1: onCanvas(image.left + box.x1 * image.ratio), y1: onCanvas(image.top + box.y1 * image.ratio),
      x2: onCanvas(image.left + box.x2 * image.ratio), y2: onCanvas(image.top + box.y2 * image.ratio))
    guard let turn else { return kept(alongAxes(canvas)).map(flipped) }
    return turn.around(canvas).flatMap(kept)
  }

  private func onCanvas(_ position: Double) -> Double { min(max(position, 0), side) }

  private func alongAxes(_ box: Box) -> Box {
    Box(
      x1: gain * box.x1 + offsetX, y1: gain * box.y1 + offsetY, x2: gain * box.x2 + offsetX, y2: gain * box.y2 + offsetY
    )
  }

  private func kept(_ mapped: Box) -> Box? {
    let clipped = mapped.clipped(to: PixelSize(side: outputSide))
    guard clipped.width > 2, clipped.height > 2, clipped.area > 0.1 * mapped.area,
      max(clipped.width / clipped.height, clipped.height / clipped.width) < 100
    else { return nil }
    return clipped
  }

  private func flipped(_ box: Box) -> Box {
    let end = Double(outputSide)
    return Box(
      x1: flips ? end - box.x2 : box.x1, y1: flipsUp ? end - box.y2 : box.y1, x2: flips ? end - box.x1 : box.x2,
      y2: flipsUp ? end - box.y1 : box.y2)
  }
}
