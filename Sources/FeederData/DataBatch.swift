import FeederLoader

/// One box of a batch. Coordinates are shares of its image's width and height.
public struct DataBox: Sendable, Equatable {
  /// Position of the image in the batch, from 0.
  public let imageIndex: Int
  /// Class number, from 0.
  public let classID: Int
  /// Centre, width and height as shares of the image's width and height, as in YOLO label files.
  public let centerX, centerY, width, height: Float
}

/// A batch on loan. Its memory returns to the loader when `release()` is called or the value goes out of scope.
public struct DataBatch: ~Copyable, Sendable {
  private let batch: Batch

  init(_ batch: consuming Batch) { self.batch = batch }

  /// Index of the batch in its epoch, from 0.
  public var index: Int { batch.index }
  /// Images in this batch.
  public var imageCount: Int { batch.imageCount }
  /// Planes per image: 1 (grey) or 3 (red, green, blue).
  public var channels: Int { batch.channels }
  /// Side of the square images in pixels.
  public var imageSize: Int { batch.size.width }

  /// Lends imageCount x channels x imageSize x imageSize bytes without a copy. They are valid until `body` returns.
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

  /// For each image of the batch, its index in the split's sorted images.
  public var imageNumbers: [Int] { batch.images.map(\.entryIndex) }

  /// Returns the memory to the loader now.
  public consuming func release() {}
}
