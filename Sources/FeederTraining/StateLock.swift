import Foundation

/// Says who may touch the state of a run: the run itself, but where it waits or computes what counts only when it is done, and then
/// another thread, for as long as that takes.
final class StateLock: Sendable {
  private let lock = NSLock()

  /// Runs `body`, which holds the state, as soon as nobody else does.
  func holding<R>(_ body: () throws -> R) rethrows -> R {
    try lock.withLock(body)
  }

  /// The same; runs nothing where somebody else holds it until `limit`.
  func holding(before limit: Date?, _ body: () throws -> Void) rethrows {
    guard let limit else { return try holding(body) }
    guard lock.lock(before: limit) else { return }
    defer { lock.unlock() }
    try body()
  }

  /// Runs `body`, which changes nothing of the state, in the middle of `holding`: meanwhile others may hold it.
  func yielding<R: ~Copyable>(_ body: () throws -> R) rethrows -> R {
    lock.unlock()
    defer { lock.lock() }
    return try body()
  }
}
