import FeederCache
import FeederCore
import FeederImaging

/// Fills places of batch slots with images: what a loader's workers do. Safe from any thread.
///
/// `BatchFiller` makes the stream of training and validation; a bench may fill places with something else, and still measures the
/// real loader. `fill` allocates nothing once the worker's scratch and the slot's lists have grown to what the data needs.
package protocol PlaceFiller: Sendable {
  /// Number of images; the entries of an epoch are 0 to one below it.
  var imageCount: Int { get }
  /// Planes per image: 1 or 3.
  var channels: Int { get }
  /// Bytes of one place of a slot.
  var placeByteCount: Int { get }
  /// Bytes that a worker's scratch grows to at most.
  var scratchByteCount: Int { get }
  /// The name of an entry's image, for lines about what workers do.
  func name(of entry: Int) -> String
  /// Grows a new worker's scratch to what the largest image needs: which worker meets it is chance.
  func reserve(_ scratch: WorkerScratch)
  /// Starts to read what `entry`, an image that is filled later in the epoch of `item`, is made of, and does not wait.
  func willNeed(_ entry: Int, in item: WorkItem)
  /// Fills `place`, the bytes of `item`'s place, and says what lies there. Throws what ends the run.
  func fill(_ item: WorkItem, place: UnsafeMutableRawBufferPointer, scratch: WorkerScratch) throws -> BatchImage
}

/// What one worker keeps from image to image; made and used by the worker's own thread.
package struct WorkerScratch {
  /// What reads and decodes.
  package let decode: DecodeScratch
  let pixels = PixelScratch()
  let clock = WorkerClock()

  /// Throws if a codec cannot start.
  init() throws { decode = try DecodeScratch() }
}
