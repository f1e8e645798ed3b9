import FeederCore
import Synchronization
import Testing

@Suite("Independent items are worked on by several threads")
struct ParallelWorkTests {
  private struct Failed: Error, Equatable { let item: Int }

  @Test("results come in the order of their items, whatever the threads", arguments: [1, 2, 7, 64])
  func order(threads: Int) throws {
    let made = Atomic(0)
    let results = try ParallelWork.map(
      50, threads: threads, tool: { made.wrappingAdd(1, ordering: .relaxed).newValue },
      body: { item, tool in
        #expect(tool > 0)
        return item * item
      })
    #expect(results == (0..<50).map { $0 * $0 })
    let tools = made.load(ordering: .relaxed)
    #expect((1...threads).contains(tools))
    #expect(try ParallelWork.map(0, threads: threads, tool: { 0 }, body: { item, _ in item }).isEmpty)
  }

  @Test("the failure of the lowest item is thrown, and later items are not begun")
  func failure() {
    let begun = Atomic(0)
    #expect(throws: Failed(item: 3)) {
      try ParallelWork.forEach(
        10_000, threads: 4, tool: { 0 },
        body: { item, _ in
          begun.wrappingAdd(1, ordering: .relaxed)
          if item >= 3 { throw Failed(item: item) }
        })
    }
    let count = begun.load(ordering: .relaxed)
    #expect(count <= 8)
  }

  @Test("a flag that is set stays set")
  func flag() {
    let cancellation = Cancellation()
    #expect(!cancellation.isCancelled)
    cancellation.cancel()
    #expect(cancellation.isCancelled)
  }
}
