import Synchronization

/// Whether reads missed the memory lately: at the start, and until 256 images in a row were all there.
///
/// What looks for misses or works against them costs system calls for each image, and is worth them only so long. Safe from
/// any thread.
package final class RecentMisses: Sendable {
  /// Images without a miss, one after the other, after which nothing is expected to miss.
  private static let patience = 256

  private let quietCount = Atomic(0)

  /// Nothing is known yet, so misses are expected.
  package init() {}

  /// True at the start, and until 256 images in a row were in memory.
  package var areLikely: Bool { quietCount.load(ordering: .relaxed) < Self.patience }

  /// Notes the use of an image, and whether storage had to be read for it.
  package func note(missed: Bool) {
    if missed {
      quietCount.store(0, ordering: .relaxed)
    } else if areLikely {
      quietCount.add(1, ordering: .relaxed)
    }
  }
}
