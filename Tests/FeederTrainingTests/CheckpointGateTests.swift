import FeederTorch
import Foundation
import Synchronization
import Testing

@testable import FeederTraining

@Suite("A run's state is saved between two changes, by the run or by another thread, and never during one")
struct CheckpointGateTests {
  private struct Failure: Error {}

  /// A save from another thread.
  private final class Saver: Sendable {
    private let began = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let left = Atomic(false)
    private let failed = Atomic(false)

    /// Starts the save; returns just before the thread asks for the state.
    init(_ gate: CheckpointGate, before limit: Date? = nil) {
      Thread.detachNewThread { [self] in
        began.signal()
        do {
          try gate.save(before: limit) { left.store(true, ordering: .sequentiallyConsistent) }
        } catch {
          failed.store(true, ordering: .sequentiallyConsistent)
        }
        ended.signal()
      }
      began.wait()
    }

    /// Waits for the end of the save; true if it saved.
    var isSaved: Bool {
      ended.wait()
      return left.load(ordering: .sequentiallyConsistent)
    }
    /// True if the save threw. Valid after `isSaved`.
    var isFailed: Bool { failed.load(ordering: .sequentiallyConsistent) }
  }

  @Test("A save that arrives during a change waits for the next loan, and finds the change complete")
  func waits() {
    let gate = CheckpointGate()
    var (a, b) = (0, 0)
    var seen: [[Int]] = []
    let saver = gate.run { _ in
      seen.append([a, b])
      return nil
    } _: {
      let saver = gate.change {
        a = 1
        let saver = Saver(gate)
        Thread.sleep(forTimeInterval: 0.1)
        b = 1
        return saver
      }
      gate.change { (a, b) = (2, 2) }
      #expect(seen.isEmpty)
      let isSaved = gate.whileUnchanged { saver.isSaved }
      #expect(isSaved)
      return saver
    }
    #expect(seen == [[2, 2]] && !saver.isFailed)
  }

  @Test("A save gives up at its limit if the state changes all the time")
  func limit() throws {
    let gate = CheckpointGate()
    try gate.run { _ in
      throw Failure()
    } _: {
      let isSaved = gate.change { Saver(gate, before: .now + 0.1).isSaved }
      #expect(!isSaved)
    }
  }

  @Test("After a change that failed, no thread saves, neither one that waited for it nor a later one")
  func failed() {
    let gate = CheckpointGate()
    let savers = Mutex<[Saver]>([])
    var writeCount = 0
    #expect(throws: Failure.self) {
      try gate.run { _ in
        writeCount += 1
        return nil
      } _: {
        try gate.change {
          savers.withLock { $0.append(Saver(gate)) }
          throw Failure()
        }
      }
    }
    savers.withLock { $0.append(Saver(gate)) }
    #expect(savers.withLock { $0.allSatisfy { !$0.isSaved && !$0.isFailed } } && writeCount == 0)
  }

  @Test("No thread saves before a run, between its loans or after it; another run may follow")
  func closed() throws {
    let gate = CheckpointGate()
    var writeCount = 0
    func write(_: RunProgress?) -> RunProgress? {
      writeCount += 1
      return nil
    }
    var isSaved: [Bool] = []
    func save(before limit: Date? = nil) { isSaved.append(Saver(gate, before: limit).isSaved) }
    save()
    try gate.run(writing: write) {
      save(before: .now + 0.05)
      gate.whileUnchanged { save() }
      try gate.save()
    }
    save()
    gate.run(writing: write) { gate.whileUnchanged { save() } }
    #expect(isSaved == [false, false, true, false, true] && writeCount == 3)
  }

  @Test("A loan that throws ends like one that does not, and the run waits for a save in progress")
  func loanThrows() throws {
    let gate = CheckpointGate()
    let isWriting = DispatchSemaphore(value: 0)
    let isWritten = Atomic(false)
    try gate.run { _ in
      isWriting.signal()
      Thread.sleep(forTimeInterval: 0.1)
      isWritten.store(true, ordering: .sequentiallyConsistent)
      return nil
    } _: {
      var saver: Saver?
      #expect(throws: Failure.self) {
        try gate.whileUnchanged {
          saver = Saver(gate)
          isWriting.wait()
          throw Failure()
        }
      }
      let wasWritten = gate.change { isWritten.load(ordering: .sequentiallyConsistent) }
      #expect(wasWritten)
      let isSaved = try #require(saver).isSaved
      #expect(isSaved)
    }
  }

  @Test(
    "Each save knows what was saved last, whichever thread wrote it; a save that fails does not change that")
  func saved() throws {
    var (first, second) = (RunProgress(), RunProgress())
    (first.epoch, second.epoch) = (1, 2)
    let gate = CheckpointGate(saved: first)
    var known: [Int?] = []
    var isFailing = false
    try gate.run { saved in
      known.append(saved?.epoch)
      if isFailing { throw Failure() }
      return second
    } _: {
      isFailing = true
      let saver = Saver(gate)
      let isSaved = gate.whileUnchanged { saver.isSaved }
      #expect(!isSaved && saver.isFailed)
      #expect(throws: Failure.self) { try gate.save() }
      isFailing = false
      try gate.save()
      let isSavedNow = gate.whileUnchanged { Saver(gate).isSaved }
      #expect(isSavedNow)
    }
    #expect(known == [1, 1, 1, 2])
  }

  @Test("A save from another thread that finds no memory lets the run continue, and a later save works")
  func memory() throws {
    let gate = CheckpointGate()
    var isScarce = true
    try gate.run { _ in
      if isScarce { _ = try Tensor.zeros([1 << 50]) }
      return nil
    } _: {
      let scarce = Saver(gate)
      let isSaved = gate.whileUnchanged { scarce.isSaved }
      #expect(!isSaved && !scarce.isFailed)
      isScarce = false
      let isSavedLater = gate.whileUnchanged { Saver(gate).isSaved }
      #expect(isSavedLater)
    }
  }

  @Test("A loan inside a change, or inside a loan, ends the process")
  func loanInside() async {
    await #expect(processExitsWith: .failure) {
      let gate = CheckpointGate()
      gate.run { _ in
        nil
      } _: {
        gate.change { gate.whileUnchanged {} }
      }
    }
    await #expect(processExitsWith: .failure) {
      let gate = CheckpointGate()
      gate.run { _ in
        nil
      } _: {
        gate.whileUnchanged { gate.whileUnchanged {} }
      }
    }
  }

  @Test("A change inside a loan or a change, and the run's own save inside either, end the process")
  func changeInside() async {
    await #expect(processExitsWith: .failure) {
      let gate = CheckpointGate()
      gate.run { _ in
        nil
      } _: {
        gate.whileUnchanged { gate.change {} }
      }
    }
    await #expect(processExitsWith: .failure) {
      let gate = CheckpointGate()
      gate.run { _ in
        nil
      } _: {
        gate.change { gate.change {} }
      }
    }
    await #expect(processExitsWith: .failure) {
      let gate = CheckpointGate()
      try gate.run { _ in
        nil
      } _: {
        try gate.change { try gate.save() }
      }
    }
    await #expect(processExitsWith: .failure) {
      let gate = CheckpointGate()
      try gate.run { _ in
        nil
      } _: {
        try gate.whileUnchanged { try gate.save() }
      }
    }
  }

  @Test("After a change that failed, a run that continues anyway ends the process at its first loan or save")
  func goesOnAfterFailure() async {
    await #expect(processExitsWith: .failure) {
      let gate = CheckpointGate()
      gate.run { _ in
        nil
      } _: {
        try? gate.change { throw CancellationError() }
        gate.whileUnchanged {}
      }
    }
    await #expect(processExitsWith: .failure) {
      let gate = CheckpointGate()
      try gate.run { _ in
        nil
      } _: {
        try? gate.change { throw CancellationError() }
        try gate.save()
      }
    }
  }
}
