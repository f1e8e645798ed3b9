import Synchronization

/// The records that were verified: one bit per image, set once and never cleared. Any thread may use it; it takes no
/// lock.
///
/// Unchecked because of the raw memory. Invariant: allocated and zeroed in init, then accessed through atomics only,
/// freed in deinit.
final class VerifiedSet: @unchecked Sendable {
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int

  /// An empty set for `count` images.
  init(count: Int) {
    self.count = count
    let wordCount = count / 64 + 1
    words = .allocate(capacity: wordCount)
    for word in 0..<wordCount { (words + word).initialize(to: Atomic(0)) }
  }

  deinit { words.deallocate() }

  /// True if image `index` was inserted.
  func contains(_ index: Int) -> Bool {
    precondition(index >= 0 && index < count, "an image of this cache file")
    return words[index / 64].load(ordering: .relaxed) >> UInt64(index % 64) & 1 == 1
  }

  /// Inserts image `index`.
  func insert(_ index: Int) {
    precondition(index >= 0 && index < count, "an image of this cache file")
    words[index / 64].bitwiseOr(1 << UInt64(index % 64), ordering: .relaxed)
  }
}
