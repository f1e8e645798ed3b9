import Dispatch
import Foundation
import Synchronization

/// Runs the same work over many items on all cores, each thread with a scratch of its own.
package enum ParallelWork {
  /// Calls `body` once for each of 0 ..< `count` in about ascending order, from `workers` threads at a time.
  ///
  /// Throws the first error; items not begun by then are left out.
  static func forEach(
    count: Int, workers: Int = CoreLimit.current.usable,
    _ body: @Sendable (Int, DecodeScratch) throws -> Void
  ) throws {
    let next = Atomic(0)
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: max(min(workers, count), 1)) { _ in
      do {
        let scratch = try DecodeScratch()
        while failure.withLock({ $0 == nil }) {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          try body(index, scratch)
        }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// The results of `body` for each of 0 ..< `count`, in order. Throws the first error.
  static func map<Result: Sendable>(
    count: Int, _ body: @Sendable (Int, DecodeScratch) throws -> Result
  ) throws -> [Result] {
    let results = Mutex([Result?](repeating: nil, count: count))
    try forEach(count: count) { index, scratch in
      let result = try body(index, scratch)
      results.withLock { $0[index] = result }
    }
    return results.withLock { $0 }.compactMap(\.self)
  }
}
