import FeederCore
import FeederImaging

/// What is known of one image before its pixels are needed.
package struct SourceItem: Sendable, Equatable {
  /// The image's name in the data set.
  package let imageID: String
  /// Size of the original in pixels; nil where the file is too damaged to tell.
  package let size: PixelSize?
  /// Objects, normalised to the original.
  package let labels: [Label]
  /// Why the image gives no pixels, where that is already known.
  package let damage: String?

  /// An item by its fields.
  package init(imageID: String, size: PixelSize?, labels: [Label], damage: String? = nil) {
    self.imageID = imageID
    self.size = size
    self.labels = labels
    self.damage = damage
  }
}

/// Images by number, whatever form they are kept in. All forms of one data set give the same pixels. Safe from any thread.
///
/// `item` builds strings and arrays and is for cold paths; everything else allocates nothing once `scratch` has grown.
package protocol ImageSource: Sendable {
  /// Number of images.
  var count: Int { get }
  /// Channels of every image: 1 or 3.
  var channels: Int { get }
  /// Width in pixels of the widest image as `prepare` gives it.
  var largestWidth: Int { get }
  /// Bytes that one worker's `DecodeScratch` grows to at most.
  var scratchByteCount: Int { get }
  /// Size of the original of image `index` in pixels; nil where its file is too damaged to tell.
  func size(of index: Int) -> PixelSize?
  /// Number of labels of image `index`.
  func labelCount(of index: Int) -> Int
  /// Calls `body` with each label of image `index`, in the order of its label file.
  func forEachLabel(of index: Int, _ body: (Label) -> Void)
  /// Bytes that one use of image `index` reads from storage: its record, or its file for `--cache none`.
  func storedByteCount(of index: Int) -> Int
  /// Bytes of files that are mapped into the process; what was touched of them counts as resident.
  var mappedByteCount: Int { get }
  /// What is known of image `index`.
  func item(_ index: Int) -> SourceItem
  /// Prepares the pixels of image `index`, decoded at `DecodeScale.fitting`. They are valid until the next call with this `scratch`.
  ///
  /// Whoever used them asks `replacement` before it believes what it made of them. Throws `CacheError.damagedImage` if the image's own
  /// file is at fault, other errors if the source as a whole is.
  func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView
  /// Nil if the pixels of image `index` that were prepared last with `scratch` were whole while they were used. Else some were lost, as
  /// those of a mapped file may be: the same image from another place, to be used in their stead. Throws as `prepare`.
  func replacement(of index: Int, scratch: DecodeScratch) throws -> ImageView?
  /// Throws where an answer given since opening may have been wrong: what was made of it is worthless.
  func check() throws
  /// A hint that image `index` is used soon: starts to read it from storage, and does not wait. Never needed, never wrong.
  func willNeed(_ index: Int)
}

/// What a source without storage of its own (made on the spot, in memory) need not write.
extension ImageSource {
  /// By way of `item`.
  package func size(of index: Int) -> PixelSize? { item(index).size }
  /// By way of `item`.
  package func labelCount(of index: Int) -> Int { item(index).labels.count }
  /// By way of `item`.
  package func forEachLabel(of index: Int, _ body: (Label) -> Void) { item(index).labels.forEach(body) }
  /// Nothing is read from storage.
  package func storedByteCount(of index: Int) -> Int { 0 }
  /// Nothing is mapped.
  package var mappedByteCount: Int { 0 }
  /// Pixels in the scratch's own memory are not lost.
  package func replacement(of index: Int, scratch: DecodeScratch) throws -> ImageView? { nil }
  /// Every answer is right.
  package func check() {}
  /// Nothing is read from storage.
  package func willNeed(_ index: Int) {}
}
