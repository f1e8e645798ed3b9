import Synchronization

/// Decides if the loader looks for bytes that are not in memory and reads ahead: at the start, and until 256 images in
/// a row were in memory.
///
/// Such looks and hints cost system calls per image, which pay only while storage misses. Any thread may use it.
package final class ReadAhead: Sendable {
  /// Images between the one being filled and the one that is announced to the source. The order of an epoch is known,
  /// with every member of every mosaic. At 100 MiB/s and 1.6 MiB per grey mosaic, this is one second of reads.
  package static let distance = 64

  /// Images in a row without a miss after which no miss is expected.
  private static let patience = 256

  private let quietCount = Atomic(0)

  /// Starts with misses expected, because nothing is known yet.
  package init() {}

  /// True at the start, and until 256 images in a row were in memory.
  package var isWorthwhile: Bool { quietCount.load(ordering: .relaxed) < Self.patience }

  /// Notes the use of an image. `missed` is true if its bytes came from storage.
  package func note(missed: Bool) {
    if missed {
      quietCount.store(0, ordering: .relaxed)
    } else if isWorthwhile {
      quietCount.add(1, ordering: .relaxed)
    }
  }
}
