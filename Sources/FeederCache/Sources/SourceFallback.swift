import FeederCodecs
import FeederCore
import FeederDatasets
import Synchronization

/// Reads images from their own files after their cache file failed during use, if these files have not changed since
/// the build.
package final class SourceFallback: Sendable {
  private let paths: [String]
  private let say: @Sendable (String) -> Void
  private let hasSaid = Atomic(false)

  /// The files of `entries`, in the order of the cache file. The first failure calls `say` with a line, from any
  /// thread.
  package init(_ entries: [DatasetEntry], say: @escaping @Sendable (String) -> Void) {
    paths = entries.map(\.imagePath)
    self.say = say
  }

  /// Reads the image file `index`, whose content must have `checksum`. Returns its bytes, valid until `scratch` reads
  /// again, and its path. `error` is the cache file's failure.
  ///
  /// Throws `CacheError.changedSource` if the checksum differs, and `.damagedImage` if the file cannot be read.
  func read(
    _ index: Int, _ checksum: UInt64, because error: CacheError, limits: ImageLimits, scratch: DecodeScratch
  ) throws -> (bytes: UnsafeRawBufferPointer, path: String) {
    tell(error)
    let path = paths[index]
    let bytes = try scratch.read(path, limits: limits).bytes
    guard Checksum.xxh64(bytes) == checksum else { throw CacheError.changedSource(path: path) }
    return (bytes, path)
  }

  /// The path of the image file `index`, whose content has `checksum`: it was read piece by piece to see that. Throws as
  /// `read`.
  func path(_ index: Int, _ checksum: UInt64, because error: CacheError) throws -> String {
    tell(error)
    guard try SourceFile.checksum(paths[index]).sum == checksum else {
      throw CacheError.changedSource(path: paths[index])
    }
    return paths[index]
  }

  private func tell(_ error: CacheError) {
    if !hasSaid.exchange(true, ordering: .relaxed) {
      say("cache: \(error); until then images that it cannot give come from their own files")
    }
  }
}
