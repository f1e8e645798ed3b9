import FeederCore
import FeederImaging

/// The facts about one image that need no pixels.
package struct SourceItem: Sendable, Equatable {
  /// The image's name in the data set.
  package let imageID: String
  /// The original size in pixels; nil if the file is too damaged to show it.
  package let size: PixelSize?
  /// The labels, as shares of the original's width and height.
  package let labels: [Label]
  /// The reason why the image gives no pixels; nil if none is known.
  package let damage: String?

  /// An item from its values.
  package init(imageID: String, size: PixelSize?, labels: [Label], damage: String? = nil) {
    self.imageID = imageID
    self.size = size
    self.labels = labels
    self.damage = damage
  }
}

/// Images by number, in any cache form. All forms of one data set give the same pixels. Any thread may use a source.
///
/// `item` builds strings and arrays and is for rare calls. All other calls allocate nothing once `scratch` has grown.
package protocol ImageSource: Sendable {
  /// Number of images.
  var count: Int { get }
  /// Channels of every image: 1 or 3.
  var channels: Int { get }
  /// Bits of the samples in the image files. Prepared pixels have 8.
  var depth: SampleDepth { get }
  /// Width of the widest image from `prepare`, in pixels.
  var largestWidth: Int { get }
  /// The most bytes of one worker's `DecodeScratch`.
  var scratchByteCount: Int { get }
  /// The original size of image `index` in pixels; nil if its file is too damaged to show it.
  func size(of index: Int) -> PixelSize?
  /// Number of labels of image `index`.
  func labelCount(of index: Int) -> Int
  /// Calls `body` with each label of image `index`, in the order of its label file.
  func forEachLabel(of index: Int, _ body: (Label) -> Void)
  /// Bytes that one use of image `index` reads: its record, or its file for `--cache none`.
  func storedByteCount(of index: Int) -> Int
  /// Bytes of files that are mapped into the process. Pages that were touched count as resident.
  var mappedByteCount: Int { get }
  /// The facts about image `index`.
  func item(_ index: Int) -> SourceItem
  /// Prepares the pixels of image `index`, decoded at `DecodeScale.fitting`. They are valid until the next call with
  /// this `scratch`.
  ///
  /// After a use, call `replacement` before you trust the result. Throws `CacheError.damagedImage` if the image's own
  /// file is at fault, other errors if the whole source is.
  func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView
  /// Nil if the pixels of image `index`, prepared last with `scratch`, were intact during their use. Else bytes of a
  /// mapped file were lost: returns the same image from another place, to use instead. Throws as `prepare`.
  func replacement(of index: Int, scratch: DecodeScratch) throws -> ImageView?
  /// Prepares the pixels of `tile`, a rectangle inside image `index`, at full resolution. They are valid until the next
  /// call with this `scratch`.
  ///
  /// After a use, call `replacement` with the same tile. Throws as `prepare` of a whole image.
  func prepare(_ index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView
  /// As `replacement` of a whole image, for the tile that was prepared last with `scratch`.
  func replacement(of index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView?
  /// Hints that `tile` of image `index` is used soon, as `willNeed` of a whole image.
  func willNeed(_ index: Int, tile: Tile)
  /// Bytes that one use of `tile` of image `index` reads.
  func storedByteCount(of index: Int, tile: Tile) -> Int
  /// Throws if an answer since opening may have been wrong. Results that depend on it must be discarded.
  func check() throws
  /// Hints that image `index` is used soon: starts to read it from storage, without waiting. Optional, and always
  /// harmless.
  func willNeed(_ index: Int)
}

/// Defaults for sources without storage of their own, such as generated images.
extension ImageSource {
  /// 8 bits.
  package var depth: SampleDepth { .bytes }
  /// The size from `item`.
  package func size(of index: Int) -> PixelSize? { item(index).size }
  /// The label count from `item`.
  package func labelCount(of index: Int) -> Int { item(index).labels.count }
  /// The labels from `item`.
  package func forEachLabel(of index: Int, _ body: (Label) -> Void) { item(index).labels.forEach(body) }
  /// Zero: no use reads storage.
  package func storedByteCount(of index: Int) -> Int { 0 }
  /// Zero: no file is mapped.
  package var mappedByteCount: Int { 0 }
  /// Nil: pixels in the scratch's memory cannot be lost.
  package func replacement(of index: Int, scratch: DecodeScratch) throws -> ImageView? { nil }
  /// Copies the tile out of the whole image, which must have its original size.
  package func prepare(_ index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView {
    scratch.crop(try prepare(index, scratch: scratch), tile)
  }
  /// Nil, as for a whole image.
  package func replacement(of index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView? { nil }
  /// Announces the whole image.
  package func willNeed(_ index: Int, tile: Tile) { willNeed(index) }
  /// The bytes of the whole image.
  package func storedByteCount(of index: Int, tile: Tile) -> Int { storedByteCount(of: index) }
  /// Does nothing: no answer can be wrong.
  package func check() {}
  /// Does nothing: no use reads storage.
  package func willNeed(_ index: Int) {}
}
