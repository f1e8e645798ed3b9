import Synchronization

/// A damaged image that the run leaves out.
package struct QuarantinedImage: Sendable, Equatable {
  /// Index into the data set's sorted entries.
  package let entryIndex: Int
  /// The image's name in the data set.
  package let imageID: String
  /// The fault of its file.
  package let reason: String

  /// The image and its fault in one line.
  package var line: String { "damaged: \(imageID) \(reason)" }
}

/// The damaged images of a run. Any thread may use it.
final class Quarantine: Sendable {
  private let imageCount: Int
  private let allowed: Int
  private let images = Mutex([Int: QuarantinedImage]())
  /// True once it holds an image, so that before then no call takes the lock.
  private let isUsed = Atomic(false)

  /// Allows `share` of `imageCount` images, and at least one, before it stops the run.
  init(imageCount: Int, share: Double) {
    self.imageCount = imageCount
    allowed = max(1, Int((Double(imageCount) * min(max(share, 0), 1)).rounded(.down)))
  }

  /// True if the image is known to be damaged.
  func contains(_ entryIndex: Int) -> Bool {
    isUsed.load(ordering: .acquiring) && images.withLock { $0[entryIndex] != nil }
  }

  /// Adds an image. Throws `LoaderError.tooManyDamaged`, with the whole list, if there are more than allowed.
  func add(_ image: QuarantinedImage) throws {
    let count = images.withLock { images in
      images[image.entryIndex] = image
      isUsed.store(true, ordering: .releasing)
      return images.count
    }
    if count > allowed { throw LoaderError.tooManyDamaged(list, imageCount: imageCount, allowed: allowed) }
  }

  /// All damaged images so far, in the data set's order.
  var list: [QuarantinedImage] { images.withLock { $0.values.sorted { $0.entryIndex < $1.entryIndex } } }
}
