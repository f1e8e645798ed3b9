import Dispatch
import FeederCore
import Synchronization
import Testing

@testable import FeederLoader

/// A device that finishes reading a slot when the test calls `finish`.
final class HeldCompletion: SlotCompletion {
  struct Lost: Error {}

  private let gate = DispatchSemaphore(value: 0)
  private let isLost: Bool

  init(isLost: Bool = false) { self.isLost = isLost }

  func wait() throws {
    gate.wait()
    if isLost { throw Lost() }
  }

  func finish() { gate.signal() }
}

@Suite("A slot is not used again before the device's event says so")
struct SlotFlightTests {
  private func loader(count: Int, depth: Int = 1) throws -> Loader {
    try Loader(
      source: SyntheticSource(count: count),
      settings: LoaderSettings(batch: 1, imageSize: 32, mode: .validation, workers: 2, prefetchDepth: depth))
  }

  private struct Ended: Error {}

  private func take(_ loader: Loader) throws -> Batch {
    guard let batch = try loader.nextBatch() else { throw Ended() }
    return batch
  }

  private func next(_ loader: Loader) throws -> (place: UInt, value: UInt8) {
    let batch = try take(loader)
    return (UInt(bitPattern: batch.pixels.baseAddress), batch.pixels[0])
  }

  @Test("While a slot is in flight the others serve, and it keeps its bytes; then it serves again")
  func inFlight() throws {
    let loader = try loader(count: 12)
    loader.startEpoch(0)
    let held = HeldCompletion()
    let first = try take(loader)
    let bytes = first.pixels
    let place = UInt(bitPattern: bytes.baseAddress)
    first.release(after: held)
    for value in 1...6 {
      let (other, pixel) = try next(loader)
      #expect(other != place && pixel == UInt8(value))
      #expect(bytes.allSatisfy { $0 == 0 }, "batch \(value) was written over a slot in flight")
    }
    held.finish()
    // There are two slots. If one is held, the next batch arrives in the other.
    let kept = try take(loader)
    let keptPlace = UInt(bitPattern: kept.pixels.baseAddress)
    let later = try next(loader)
    #expect(Set([keptPlace, later.place]).contains(place) && later.value == 8)
    kept.release()
    for value in 9...11 { #expect(try next(loader).value == UInt8(value)) }
    #expect(throws: Ended.self) { try take(loader).release() }
  }

  @Test("A consumer whose slots are all in flight waits for the first to land")
  func allInFlight() throws {
    let loader = try loader(count: 4)
    loader.startEpoch(0)
    let (a, b) = (HeldCompletion(), HeldCompletion())
    try take(loader).release(after: a)
    try take(loader).release(after: b)
    let landed = Atomic(false)
    DispatchQueue(label: "device").async {
      landed.store(true, ordering: .sequentiallyConsistent)
      a.finish()
      b.finish()
    }
    #expect(try next(loader).value == 2)
    let hasLanded = landed.load(ordering: .sequentiallyConsistent)
    #expect(hasLanded)
    #expect(try next(loader).value == 3)
  }

  @Test("An error of the device reaches the consumer")
  func lost() throws {
    let loader = try loader(count: 4)
    loader.startEpoch(0)
    let (a, b) = (HeldCompletion(isLost: true), HeldCompletion())
    try take(loader).release(after: a)
    try take(loader).release(after: b)
    DispatchQueue(label: "device").async { a.finish() }
    #expect(throws: HeldCompletion.Lost.self) { try take(loader).release() }
    b.finish()
  }
}
