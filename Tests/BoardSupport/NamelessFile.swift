import Foundation

/// A large file of this process without a name, such as the copy of a cache's index.
package struct NamelessFile: Hashable {
  /// The file's descriptor.
  package let descriptor: Int32
  private let inode: UInt64

  /// All such files that are larger than an index that is kept in memory.
  package static func all() -> Set<NamelessFile> {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return Set(
      names.compactMap { name in
        var status = stat()
        guard let descriptor = Int32(name), fstat(descriptor, &status) == 0, status.st_nlink == 0,
          status.st_size > 16 << 20
        else { return nil }
        return NamelessFile(descriptor: descriptor, inode: UInt64(status.st_ino))
      })
  }
}
