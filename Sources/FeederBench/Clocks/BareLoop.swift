import Dispatch
import Synchronization

/// Repeats the same work on a fixed number of threads, with nothing around it. This is the floor of a loader.
package struct BareLoop: ImageStream {
  /// The work for one image. The argument numbers images from 0 over all threads.
  package typealias Work = (Int) throws -> Void
  /// Makes the work of one thread, on that thread. State that the work keeps belongs to the thread.
  package typealias MakeWork = @Sendable () throws -> Work

  private let threadCount: Int
  private let batch: Int
  private let prepare: () throws -> MakeWork
  private var run: Run?

  /// A loop of `threads` threads that reports whole batches. `prepare` allocates the memory that the threads share; it
  /// is freed when the loop stops.
  package init(threads: Int, batch: Int, prepare: @escaping () throws -> MakeWork) {
    precondition(threads > 0 && batch > 0, "a loop has threads and batches")
    threadCount = threads
    self.batch = batch
    self.prepare = prepare
  }

  /// One batch, in which the threads start.
  package var warmupCount: Int { 1 }

  /// Starts the threads. Throws what `prepare` throws.
  package mutating func start() throws {
    let run = Run(batch: batch, makeWork: try prepare())
    run.start(threadCount: threadCount)
    self.run = run
  }

  /// Waits until a batch of images is done and returns their number. Throws what a thread threw.
  package mutating func next() throws -> Int {
    guard let run else { preconditionFailure("a loop is started before it is asked") }
    try run.wait()
    return batch
  }

  /// Stops the threads and frees their memory.
  package mutating func stop() {
    run?.stop()
    run = nil
  }
}

/// One start of the loop, until it stops. Thread-safe.
private final class Run: Sendable {
  private let batch: Int
  private let makeWork: BareLoop.MakeWork
  private let started = Atomic(0)
  private let finished = Atomic(0)
  private let isStopped = Atomic(false)
  private let failure = Mutex<(any Error)?>(nil)
  private let batches = DispatchSemaphore(value: 0)
  private let running = DispatchGroup()

  init(batch: Int, makeWork: @escaping BareLoop.MakeWork) {
    self.batch = batch
    self.makeWork = makeWork
  }

  func start(threadCount: Int) {
    for number in 0..<threadCount {
      DispatchQueue(label: "feeder.floor.\(number)").async(group: running) { [self] in loop() }
    }
  }

  private func loop() {
    do {
      let work = try makeWork()
      while !isStopped.load(ordering: .relaxed) {
        try work(started.add(1, ordering: .relaxed).oldValue)
        if finished.add(1, ordering: .relaxed).newValue % batch == 0 { batches.signal() }
      }
    } catch {
      failure.withLock { $0 = $0 ?? error }
      batches.signal()
    }
  }

  /// Waits for the next batch. Throws what a thread threw.
  func wait() throws {
    batches.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }

  func stop() {
    isStopped.store(true, ordering: .relaxed)
    running.wait()
  }
}
