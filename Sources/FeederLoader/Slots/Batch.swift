import FeederCore
import FeederImaging

/// One box of a batch, as shares of the output image, as in a YOLO label line.
package struct Target: Sendable, Equatable {
  /// The image's place in the batch.
  package var imageIndex: Int
  /// Class, counted from 0.
  package var classID: Int
  /// Centre from the left edge, in image widths.
  package var centerX: Float
  /// Centre from the upper edge, in image heights.
  package var centerY: Float
  /// Width, in image widths.
  package var width: Float
  /// Height, in image heights.
  package var height: Float

  /// A target from its values.
  package init(imageIndex: Int, classID: Int, centerX: Float, centerY: Float, width: Float, height: Float) {
    self.imageIndex = imageIndex
    self.classID = classID
    self.centerX = centerX
    self.centerY = centerY
    self.width = width
    self.height = height
  }
}

/// The facts about the image at one place of a batch.
package struct BatchImage: Sendable, Equatable {
  /// Index into the data set's sorted entries.
  package let entryIndex: Int
  /// Size of the original image in pixels; the output size if the file is too damaged to show it.
  package let size: PixelSize
  /// The validation geometry from the original image to the output. In training it does not describe the pixels.
  package let letterbox: Letterbox
  /// True if the file is damaged: the place holds plain 114 and no targets.
  package let isDamaged: Bool
  /// Checksum of the delivered pixels and targets.
  package let hash: UInt64

  /// The facts from their values.
  package init(entryIndex: Int, size: PixelSize, letterbox: Letterbox, isDamaged: Bool, hash: UInt64) {
    self.entryIndex = entryIndex
    self.size = size
    self.letterbox = letterbox
    self.isDamaged = isDamaged
    self.hash = hash
  }
}

/// A lent batch. Its slot returns to the loader by `release()`, or when the value goes out of scope.
///
/// Unchecked because of the raw memory. Invariant: the value cannot be copied, so its slot has one owner. It may move
/// to another thread, and the bytes stay valid until release even after the loader's end.
package struct Batch: ~Copyable, @unchecked Sendable {
  /// The batch index in the epoch, counted from 0.
  package let index: Int
  /// Images in this batch. The last batch of an epoch may hold fewer; with several ranks, some may have none.
  package let imageCount: Int
  /// Channels per image: 1 or 3 (R, G, B).
  package let channels: Int
  /// Size of the output images.
  package let size: PixelSize
  /// The epoch's hash up to this batch. A checkpoint stores it for `startEpoch(_:closeMosaic:firstBatch:hashSoFar:)`.
  package let epochHash: UInt64

  let slot: Slot
  let core: LoaderCore

  deinit { core.takeBack(slot) }

  /// The bytes of all places: in training and validation imageCount x channels x height x width.
  package var pixels: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: slot.pixels[..<(imageCount * core.filler.placeByteCount)])
  }

  /// Lends the pixels of the image at `place`, C x H x W. Throws what `body` throws.
  package func withImage<R>(_ place: Int, _ body: (ImageView) throws -> R) rethrows -> R {
    precondition((0..<imageCount).contains(place), "image \(place) of a batch of \(imageCount)")
    let byteCount = channels * size.width * size.height
    let bytes = UnsafeRawBufferPointer(rebasing: slot.pixels[place * byteCount..<(place + 1) * byteCount])
    return try body(ImageView(bytes, size: size, channels: channels, layout: .planar))
  }

  /// Number of boxes.
  package var targetCount: Int { slot.collectedTargets.count }

  /// Lends all boxes without a copy, in the order of their images. Throws what `body` throws.
  package func withTargets<R>(_ body: (UnsafeBufferPointer<Target>) throws -> R) rethrows -> R {
    try body(slot.collectedTargets)
  }

  /// A copy of all boxes, in the order of their images.
  package var targets: [Target] { Array(slot.collectedTargets) }

  /// A copy of the facts about all images, in order.
  package var images: [BatchImage] { Array(slot.images(imageCount)) }

  /// Checksum of all pixels and targets, in order. Independent of workers, prefetch depth and cache form.
  package var hash: UInt64 { slot.images(imageCount).reduce(0) { StreamHash.chain($1.hash, after: $0) } }

  /// Returns the slot. The loader may then overwrite the pixels.
  package consuming func release() {}

  /// Returns the slot for use after `completion`; until then the device reads its pixels. Does not wait.
  package consuming func release(after completion: some SlotCompletion) { slot.completion = completion }
}
