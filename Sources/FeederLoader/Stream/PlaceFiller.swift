import FeederCache
import FeederCore
import FeederImaging

/// Fills places of slots with images: the work of a loader's workers. Any thread may use it.
///
/// `BatchFiller` makes the stream of training and validation. A bench may use another filler and still measure the real
/// loader. `fill` allocates nothing once the worker's scratch and the slot's lists have grown.
package protocol PlaceFiller: Sendable {
  /// Number of images. The entries of an epoch are 0 ..< `imageCount`.
  var imageCount: Int { get }
  /// Channels per image: 1 or 3.
  var channels: Int { get }
  /// Bytes of one place of a slot.
  var placeByteCount: Int { get }
  /// The most bytes of a worker's scratch.
  var scratchByteCount: Int { get }
  /// The name of an entry's image, for lines about the workers.
  func name(of entry: Int) -> String
  /// Grows a new worker's scratch to the need of the largest image, because chance decides which worker meets it.
  func reserve(_ scratch: WorkerScratch)
  /// Starts to read the data of `entry`, an image that is filled later in the epoch of `item`, without waiting.
  func willNeed(_ entry: Int, in item: WorkItem)
  /// Fills `place`, the bytes of `item`'s place, and returns the facts about the image. Throws if the run must end.
  func fill(_ item: WorkItem, place: UnsafeMutableRawBufferPointer, scratch: WorkerScratch) throws -> BatchImage
}

/// The state that one worker keeps from image to image. The worker's own thread makes and uses it.
package struct WorkerScratch {
  /// Reads and decodes images.
  package let decode: DecodeScratch
  let pixels = PixelScratch()
  let clock = WorkerClock()

  /// Throws `ImagingError` if a codec cannot start.
  init() throws { decode = try DecodeScratch() }
}
