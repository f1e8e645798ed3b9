import Foundation

/// Lets threads take memory up to a limit. Others wait until there is enough again; one thread alone may always go on.
///
/// Unchecked because of the counter. Invariant: `used` changes under the lock of `condition` alone.
final class MemoryGate: @unchecked Sendable {
  private let limit: Int
  private let condition = NSCondition()
  private var used = 0

  /// A gate for `limit` bytes at once.
  init(limit: Int) { self.limit = limit }

  /// Takes `byteCount` bytes, as soon as they are free or nothing is taken.
  func enter(_ byteCount: Int) {
    condition.lock()
    while used > 0, used > limit - byteCount { condition.wait() }
    used += byteCount
    condition.unlock()
  }

  /// Gives `byteCount` bytes back.
  func leave(_ byteCount: Int) {
    condition.lock()
    used -= byteCount
    condition.broadcast()
    condition.unlock()
  }
}
