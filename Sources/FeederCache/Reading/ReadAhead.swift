import Synchronization

/// Whether to look for bytes that are not in memory, and to read ahead: at the start, and until 256 images in a row were all there.
///
/// What looks for misses or works against them costs system calls for each image, and is worth them only so long. Safe from
/// any thread.
package final class ReadAhead: Sendable {
  /// Images between the one being filled and the one that is announced to the source. The order of an epoch is known, and with it every
  /// member of every mosaic: at 100 MiB/s and 1.6 MiB per grey mosaic this is a second's reading.
  package static let distance = 64

  /// Images without a miss, one after the other, after which nothing is expected to miss.
  private static let patience = 256

  private let quietCount = Atomic(0)

  /// Nothing is known yet, so misses are expected.
  package init() {}

  /// True at the start, and until 256 images in a row were in memory.
  package var isWorthwhile: Bool { quietCount.load(ordering: .relaxed) < Self.patience }

  /// Notes the use of an image, and whether storage had to be read for it.
  package func note(missed: Bool) {
    if missed {
      quietCount.store(0, ordering: .relaxed)
    } else if isWorthwhile {
      quietCount.add(1, ordering: .relaxed)
    }
  }
}
