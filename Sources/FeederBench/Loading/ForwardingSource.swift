import FeederCache
import FeederCore
import FeederImaging

/// A source that forwards to another one. A conforming type implements only what it changes.
package protocol ForwardingSource: ImageSource {
  /// The source of the images.
  var source: any ImageSource { get }
}

extension ForwardingSource {
  package var count: Int { source.count }
  package var channels: Int { source.channels }
  package var largestWidth: Int { source.largestWidth }
  package var mappedByteCount: Int { source.mappedByteCount }
  package var scratchByteCount: Int { source.scratchByteCount }

  package func size(of index: Int) -> PixelSize? { source.size(of: index) }
  package func labelCount(of index: Int) -> Int { source.labelCount(of: index) }
  package func forEachLabel(of index: Int, _ body: (Label) -> Void) { source.forEachLabel(of: index, body) }
  package func storedByteCount(of index: Int) -> Int { source.storedByteCount(of: index) }
  package func item(_ index: Int) -> SourceItem { source.item(index) }
  package func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView {
    try source.prepare(index, scratch: scratch)
  }
  package func replacement(of index: Int, scratch: DecodeScratch) throws -> ImageView? {
    try source.replacement(of: index, scratch: scratch)
  }
  package func check() throws { try source.check() }
  package func willNeed(_ index: Int) { source.willNeed(index) }
}
