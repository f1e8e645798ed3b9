import FeederCache
import FeederCore
import FeederImaging

/// A source that forwards to another one. A conforming type implements only what it changes.
package protocol ForwardingSource: ImageSource {
  /// The source of the images.
  var source: any ImageSource { get }
}

extension ForwardingSource {
  /// The images of `source`.
  package var count: Int { source.count }
  /// The channels of `source`.
  package var channels: Int { source.channels }
  /// The width from `source`, in pixels.
  package var largestWidth: Int { source.largestWidth }
  /// The mapped bytes of `source`.
  package var mappedByteCount: Int { source.mappedByteCount }
  /// The scratch bytes of `source`.
  package var scratchByteCount: Int { source.scratchByteCount }

  /// The size from `source`, in pixels.
  package func size(of index: Int) -> PixelSize? { source.size(of: index) }
  /// The label count from `source`.
  package func labelCount(of index: Int) -> Int { source.labelCount(of: index) }
  /// The labels from `source`.
  package func forEachLabel(of index: Int, _ body: (Label) -> Void) { source.forEachLabel(of: index, body) }
  /// The stored bytes from `source`.
  package func storedByteCount(of index: Int) -> Int { source.storedByteCount(of: index) }
  /// The facts from `source`.
  package func item(_ index: Int) -> SourceItem { source.item(index) }
  /// Prepares the pixels by `source`. Throws as `source` does.
  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    try source.prepare(index, scratch: scratch)
  }
  /// The replacement from `source`. Throws as `source` does.
  package func replacement(of index: Int, scratch: DecodeScratch) throws -> ImageView? {
    try source.replacement(of: index, scratch: scratch)
  }
  /// Prepares the tile by `source`. Throws as `source` does.
  package func prepare(_ index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView {
    try source.prepare(index, tile: tile, scratch: scratch)
  }
  /// The replacement of the tile from `source`. Throws as `source` does.
  package func replacement(of index: Int, tile: Tile, scratch: DecodeScratch) throws -> ImageView? {
    try source.replacement(of: index, tile: tile, scratch: scratch)
  }
  /// Forwards the hint to `source`.
  package func willNeed(_ index: Int, tile: Tile) { source.willNeed(index, tile: tile) }
  /// The stored bytes of the tile from `source`.
  package func storedByteCount(of index: Int, tile: Tile) -> Int { source.storedByteCount(of: index, tile: tile) }
  /// Checks `source`. Throws as `source` does.
  package func check() throws { try source.check() }
  /// Forwards the hint to `source`.
  package func willNeed(_ index: Int) { source.willNeed(index) }
}
