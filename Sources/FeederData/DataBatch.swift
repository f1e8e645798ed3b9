import FeederLoader

/// One box of a batch, normalised to its image.
public struct DataBox: Sendable, Equatable {
  /// Place of the image in the batch.
  public let imageIndex: Int
  /// Class, counted from 0.
  public let classID: Int
  /// Centre, width and height in image widths and heights, as YOLO writes them.
  public let centerX, centerY, width, height: Float
}

/// A batch on loan: its memory returns to the loader by `release()`, or when the value goes out of scope.
public struct DataBatch: ~Copyable, Sendable {
  private let batch: Batch

  init(_ batch: consuming Batch) { self.batch = batch }

  /// Place in the epoch, counted from 0.
  public var index: Int { batch.index }
  /// Images in this batch.
  public var imageCount: Int { batch.imageCount }
  /// Planes an image: 1 (grey) or 3 (red, green, blue).
  public var channels: Int { batch.channels }
  /// Side of the images in pixels.
  public var imageSize: Int { batch.size.width }

  /// Lends the pixels: imageCount x channels x imageSize x imageSize bytes, without a copy.
  public func withPixels<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeRawBufferPointer(batch.pixels))
  }

  /// All boxes, in order of their images.
  public var boxes: [DataBox] {
    batch.withTargets { targets in
      targets.map {
        DataBox(
          imageIndex: $0.imageIndex, classID: $0.classID, centerX: $0.centerX, centerY: $0.centerY, width: $0.width,
          height: $0.height)
      }
    }
  }

  /// Index into the split's sorted images, for each place.
  public var imageNumbers: [Int] { batch.images.map(\.entryIndex) }

  /// Gives the memory back before the value's scope ends.
  public consuming func release() {}
}
