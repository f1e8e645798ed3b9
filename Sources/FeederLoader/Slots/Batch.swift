import FeederCore
import FeederImaging

/// One box of a batch, normalised to the output image as YOLO writes it.
package struct Target: Sendable, Equatable {
  /// Place of the image in the batch.
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

  /// A target by its fields.
  package init(imageIndex: Int, classID: Int, centerX: Float, centerY: Float, width: Float, height: Float) {
    self.imageIndex = imageIndex
    self.classID = classID
    self.centerX = centerX
    self.centerY = centerY
    self.width = width
    self.height = height
  }
}

/// Which image stands at one place of a batch.
package struct BatchImage: Sendable, Equatable {
  /// Index into the data set's sorted entries.
  package let entryIndex: Int
  /// Size of the original image in pixels; the output size where the file is too damaged to tell.
  package let size: PixelSize
  /// The validation geometry from the original image to the output; in training it says nothing about the pixels.
  package let letterbox: Letterbox
  /// True where the file is damaged: the place holds plain 114 and no targets.
  package let isDamaged: Bool
  /// Checksum of the image's pixels and targets as they are delivered.
  package let hash: UInt64

  /// What a filler put in a place.
  package init(entryIndex: Int, size: PixelSize, letterbox: Letterbox, isDamaged: Bool, hash: UInt64) {
    self.entryIndex = entryIndex
    self.size = size
    self.letterbox = letterbox
    self.isDamaged = isDamaged
    self.hash = hash
  }
}

/// A batch on loan: its slot returns to the loader by `release()`, or when the value goes out of scope.
///
/// Unchecked because of the raw memory. Invariant: the value cannot be copied, so its slot has one owner; it may move to
/// another thread with it, and the bytes stay valid until release even where the loader is gone.
package struct Batch: ~Copyable, @unchecked Sendable {
  /// Place in the epoch, counted from 0.
  package let index: Int
  /// Images in this batch; the last of an epoch may hold fewer, and of several ranks some may find none in it.
  package let imageCount: Int
  /// Planes an image: 1 or 3 (R, G, B).
  package let channels: Int
  /// Output size.
  package let size: PixelSize
  /// The epoch's hash up to and with this batch; what a checkpoint keeps for `startEpoch(_:closeMosaic:firstBatch:hashSoFar:)`.
  package let epochHash: UInt64

  let slot: Slot
  let core: LoaderCore

  deinit { core.takeBack(slot) }

  /// The bytes of all places, the start of the slot: of training and validation imageCount x channels x height x width.
  package var pixels: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: slot.pixels[..<(imageCount * core.filler.placeByteCount)])
  }

  /// Lends the pixels of the image at `place`.
  package func withImage<R>(_ place: Int, _ body: (ImageView) throws -> R) rethrows -> R {
    precondition((0..<imageCount).contains(place), "image \(place) of a batch of \(imageCount)")
    let byteCount = channels * size.width * size.height
    let bytes = UnsafeRawBufferPointer(rebasing: slot.pixels[place * byteCount..<(place + 1) * byteCount])
    return try body(ImageView(bytes, size: size, channels: channels, layout: .planar))
  }

  /// Number of boxes.
  package var targetCount: Int { slot.collectedTargets.count }

  /// Lends all boxes, in order of their images, without a copy.
  package func withTargets<R>(_ body: (UnsafeBufferPointer<Target>) throws -> R) rethrows -> R {
    try body(slot.collectedTargets)
  }

  /// All boxes, in order of their images: a copy.
  package var targets: [Target] { Array(slot.collectedTargets) }

  /// One entry an image, in order: a copy.
  package var images: [BatchImage] { Array(slot.images(imageCount)) }

  /// Checksum of the images' pixels and targets in order; independent of workers, depth and cache form.
  package var hash: UInt64 { slot.images(imageCount).reduce(0) { StreamHash.chain($1.hash, after: $0) } }

  /// Gives the slot back. After this the loader may overwrite the pixels.
  package consuming func release() {}

  /// Gives the slot back to be used again after `completion`: until then the device reads its pixels. Does not wait.
  package consuming func release(after completion: some SlotCompletion) { slot.completion = completion }
}
