/// How many workers there are, should be, and wait; without threads, every method one step under the core's lock.
struct WorkerCrew: Sendable {
  /// Workers that run or are about to, those that leave included until they are gone.
  private(set) var count = 0
  /// Workers that should run.
  var wantedCount = 0
  private var leavingCount = 0
  private var idleCount = 0
  private var startedCount = 0
  /// What busy workers are at, by their numbers.
  private(set) var tasks: [Int: WorkerTask] = [:]

  /// True where one more worker is wanted; the caller then starts it. Its number is for its thread's name.
  mutating func reserve() -> Int? {
    guard count - leavingCount < wantedCount else { return nil }
    count += 1
    startedCount += 1
    return startedCount - 1
  }

  /// True where the worker that asks is one too many; it must end and then call `left`.
  mutating func shouldLeave() -> Bool {
    guard count - leavingCount > wantedCount else { return false }
    leavingCount += 1
    return true
  }

  /// A worker is gone, and so is its memory.
  mutating func left() {
    leavingCount -= 1
    count -= 1
  }

  /// The worker `number` begins with an image.
  mutating func begin(_ number: Int, _ item: WorkItem) {
    tasks[number] = WorkerTask(batch: item.batch, entry: item.entry)
  }

  /// The worker `number` is at nothing now.
  mutating func end(_ number: Int) { tasks[number] = nil }

  /// The worker that asks found nothing to do and waits to be woken.
  mutating func rest() { idleCount += 1 }

  /// Workers to wake for `itemCount` new items.
  mutating func wake(for itemCount: Int) -> Int {
    let woken = min(idleCount, itemCount)
    idleCount -= woken
    return woken
  }

  /// Workers to wake so that those that are too many can leave.
  mutating func wakeToLeave() -> Int { wake(for: max(count - leavingCount - wantedCount, 0)) }
}
