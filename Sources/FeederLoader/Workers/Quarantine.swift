import Synchronization

/// A damaged image that a run goes on without.
package struct QuarantinedImage: Sendable, Equatable {
  /// Index into the data set's sorted entries.
  package let entryIndex: Int
  /// The image's name in the data set.
  package let imageID: String
  /// What is wrong with its file.
  package let reason: String

  /// The line that tells a person.
  package var line: String { "damaged: \(imageID) \(reason)" }
}

/// The damaged images of a run. Safe from any thread.
final class Quarantine: Sendable {
  private let imageCount: Int
  private let allowed: Int
  private let images = Mutex([Int: QuarantinedImage]())
  /// True once there is an image in it: spares all others the lock.
  private let isUsed = Atomic(false)

  /// Accepts `share` of `imageCount` images, and always one, before it stops the run.
  init(imageCount: Int, share: Double) {
    self.imageCount = imageCount
    allowed = max(1, Int((Double(imageCount) * min(max(share, 0), 1)).rounded(.down)))
  }

  /// True where the image is known to be damaged.
  func contains(_ entryIndex: Int) -> Bool {
    isUsed.load(ordering: .acquiring) && images.withLock { $0[entryIndex] != nil }
  }

  /// Adds an image. Throws `LoaderError.tooManyDamaged` with the whole list past the limit.
  func add(_ image: QuarantinedImage) throws {
    let count = images.withLock { images in
      images[image.entryIndex] = image
      isUsed.store(true, ordering: .releasing)
      return images.count
    }
    if count > allowed { throw LoaderError.tooManyDamaged(list, imageCount: imageCount, allowed: allowed) }
  }

  /// All damaged images found until now, in the data set's order.
  var list: [QuarantinedImage] { images.withLock { $0.values.sorted { $0.entryIndex < $1.entryIndex } } }
}
