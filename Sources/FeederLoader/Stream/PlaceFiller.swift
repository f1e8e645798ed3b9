import FeederCache
import FeederCore
import FeederImaging

/// Fills places of slots with images: the work of a loader's workers. Any thread may use it.
///
/// `BatchFiller` makes the stream of training and validation. A bench may use another filler and still measure the real
/// loader. `fill` allocates nothing once the worker's scratch and the slot's lists have grown.
package protocol PlaceFiller: Sendable {
  /// Number of images of the data set.
  var imageCount: Int { get }
  /// Number of entries of `epoch`, which are 0 ..< this number: its images, or its tiles.
  func entryCount(in epoch: Int) -> Int
  /// Bytes of the orders of two epochs, and of what else is kept per epoch.
  var orderByteCount: Int { get }
  /// Channels per image: 1 or 3.
  var channels: Int { get }
  /// Bytes of one place of a slot.
  var placeByteCount: Int { get }
  /// The most bytes of a worker's scratch.
  var scratchByteCount: Int { get }
  /// The name of an entry's image, for lines about the workers.
  func name(of entry: Int, in epoch: Int) -> String
  /// Grows a new worker's scratch to the need of the largest image, because chance decides which worker meets it.
  func reserve(_ scratch: WorkerScratch)
  /// Starts to read the data of `entry`, an image that is filled later in the epoch of `item`, without waiting.
  func willNeed(_ entry: Int, in item: WorkItem)
  /// Fills `place`, the bytes of `item`'s place, and returns the facts about the image. Throws if the run must end.
  func fill(_ item: WorkItem, place: UnsafeMutableRawBufferPointer, scratch: WorkerScratch) throws -> BatchImage
}

/// Fillers whose entries are the images.
extension PlaceFiller {
  /// The number of images.
  package func entryCount(in epoch: Int) -> Int { imageCount }
  /// Two orders.
  package var orderByteCount: Int { 2 * EpochOrder.byteCount(imageCount: imageCount) }
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
