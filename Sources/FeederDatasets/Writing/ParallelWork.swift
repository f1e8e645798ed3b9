import Dispatch
import Synchronization

/// Independent items worked on by several threads.
package enum ParallelWork {
  /// Calls `body` once for each of `count` items on `threads` threads; every thread makes its own `tool` first and keeps it.
  ///
  /// After a failure no item is begun, and the failure of the lowest item is thrown.
  package static func forEach<Tool>(
    _ count: Int, threads: Int, tool: @Sendable () throws -> Tool, body: @Sendable (Int, Tool) throws -> Void
  ) throws {
    let next = Atomic(0)
    let failure = Mutex<(item: Int, error: any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: min(max(threads, 1), max(count, 1))) { _ in
      var item = 0
      do {
        let tool = try tool()
        item = next.wrappingAdd(1, ordering: .relaxed).oldValue
        while item < count {
          try body(item, tool)
          item = next.wrappingAdd(1, ordering: .relaxed).oldValue
        }
      } catch {
        failure.withLock { known in
          if known.map({ item < $0.item }) ?? true { known = (item, error) }
        }
        next.store(count, ordering: .relaxed)
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
  }
}
