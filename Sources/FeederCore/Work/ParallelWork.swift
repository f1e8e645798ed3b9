import Dispatch
import Synchronization

/// Runs independent items on several threads.
package enum ParallelWork {
  /// Calls `body` once per item 0 ..< `count`, in roughly ascending order, on up to `threads` threads. Each thread
  /// first makes its own `tool` and passes it to all its calls.
  ///
  /// After an error no further item starts. Throws the error of the lowest failed item.
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

  /// The results of `body` for items 0 ..< `count`, in order. Throws as `forEach` does.
  package static func map<Tool, Result: Sendable>(
    _ count: Int, threads: Int, tool: @Sendable () throws -> Tool, body: @Sendable (Int, Tool) throws -> Result
  ) throws -> [Result] {
    let results = Mutex([Result?](repeating: nil, count: count))
    try forEach(count, threads: threads, tool: tool) { item, tool in
      let result = try body(item, tool)
      results.withLock { $0[item] = result }
    }
    return results.withLock { $0 }.compactMap(\.self)
  }
}
