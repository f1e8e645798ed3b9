import FeederCore
import FeederDatasets
import Synchronization

/// Where images come from when their cache file fails while it is in use: their own files, if these are as they were when it was built.
package final class SourceFallback: Sendable {
  private let paths: [String]
  private let say: @Sendable (String) -> Void
  private let hasSaid = Atomic(false)

  /// The files of `entries`, in the order of the cache file. `say` is told the first failure, from any thread.
  package init(_ entries: [DatasetEntry], say: @escaping @Sendable (String) -> Void) {
    paths = entries.map(\.imagePath)
    self.say = say
  }

  /// Reads image file `index`, whose content has `checksum`; gives its bytes, valid until `scratch` reads again, and its path.
  ///
  /// Throws `CacheError.changedSource` where it has another one, and `.damagedImage` where it cannot be read.
  func read(
    _ index: Int, _ checksum: UInt64, because error: CacheError, scratch: DecodeScratch
  ) throws -> (bytes: UnsafeRawBufferPointer, path: String) {
    if !hasSaid.exchange(true, ordering: .relaxed) {
      say("cache: \(error); until then images that it cannot give come from their own files")
    }
    let path = paths[index]
    let bytes = try scratch.read(path).bytes
    guard Checksum.xxh64(bytes) == checksum else { throw CacheError.changedSource(path: path) }
    return (bytes, path)
  }
}
