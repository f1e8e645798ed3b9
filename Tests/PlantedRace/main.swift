// Two threads, each with its own queue like the loader's workers, and one fault that the thread sanitizer must report:
// PlantedRace property|memory|none. With `none` the same work is done as in the loader, and nothing may be reported.
import Dispatch
import Synchronization

/// Passed from thread to thread like a slot of the loader. Its content should belong to one owner at a time.
final class Slot: @unchecked Sendable {
  var count = 0
  let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 4096)

  deinit { bytes.deallocate() }
}

/// The work that both threads do `turns` times.
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
    // Start both threads at the same time. Relaxed, so that this orders nothing.
    shared.arrivedCount.add(1, ordering: .relaxed)
    while shared.arrivedCount.load(ordering: .relaxed) < 2 {}
    work(shared.slot, fault, turns: 20_000, lock: shared.lock)
    shared.done.signal()
  }
}
for _ in 0..<2 { shared.done.wait() }
// Read when both threads are done. As with the loader's consumer, only the semaphore orders this.
print("\(fault): \(shared.slot.count + Int(shared.slot.bytes[0]))")
