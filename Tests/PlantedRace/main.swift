// Two threads, each with a queue of its own as the loader's workers have, and one fault that the thread sanitizer must report:
// PlantedRace property|memory|none. With `none` the same work is done as the loader does it, and nothing may be reported.
import Dispatch
import Synchronization

/// Handed from thread to thread as a slot is: its content belongs to one owner at a time, or should.
final class Slot: @unchecked Sendable {
  var count = 0
  let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 4096)

  deinit { bytes.deallocate() }
}

/// What both threads do `turns` times.
func work(_ slot: Slot, _ fault: String, turns: Int, lock: borrowing Mutex<Int>) {
  for turn in 0..<turns {
    switch fault {
    case "property": slot.count += 1
    case "memory": slot.bytes[turn % 4096] &+= 1
    default:
      lock.withLock { count in
        count += 1
        slot.count += 1
        slot.bytes[turn % 4096] &+= 1
      }
    }
  }
}

final class Shared: Sendable {
  let lock = Mutex(0)
  let slot = Slot()
  let done = DispatchSemaphore(value: 0)
  let arrivedCount = Atomic(0)
}

let fault = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "none"
let shared = Shared()
for number in 0..<2 {
  DispatchQueue(label: "worker.\(number)").async {
    // Both at once, on two threads; relaxed, so that it orders nothing.
    shared.arrivedCount.add(1, ordering: .relaxed)
    while shared.arrivedCount.load(ordering: .relaxed) < 2 {}
    work(shared.slot, fault, turns: 20_000, lock: shared.lock)
    shared.done.signal()
  }
}
for _ in 0..<2 { shared.done.wait() }
// Read where both are known to be done, by the semaphore alone, as the loader's consumer does.
print("\(fault): \(shared.slot.count + Int(shared.slot.bytes[0]))")
