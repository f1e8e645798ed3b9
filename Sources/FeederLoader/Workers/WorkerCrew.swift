/// The numbers of workers that exist, are wanted, and wait. Without threads: every method is one step under the core's
/// lock.
struct WorkerCrew: Sendable {
  /// Workers that run or are being started, including those that leave until they are gone.
  private(set) var count = 0
  /// Workers that should run.
  var wantedCount = 0
  private var leavingCount = 0
  private var idleCount = 0
  private var startedCount = 0
  /// The present images of busy workers, by worker number.
  private(set) var tasks: [Int: WorkerTask] = [:]

  /// The number for one more worker if one is wanted, for its thread's name; else nil. The caller then starts it.
  mutating func reserve() -> Int? {
    guard count - leavingCount < wantedCount else { return nil }
    count += 1
    startedCount += 1
    return startedCount - 1
  }

  /// True if the asking worker is surplus. It must end and then call `left`.
  mutating func shouldLeave() -> Bool {
    guard count - leavingCount > wantedCount else { return false }
    leavingCount += 1
    return true
  }

  /// Notes that a worker and its memory are gone.
  mutating func left() {
    leavingCount -= 1
    count -= 1
  }

  /// Notes that worker `number` begins an image.
  mutating func begin(_ number: Int, _ item: WorkItem) {
    tasks[number] = WorkerTask(epoch: item.epoch, batch: item.batch, entry: item.entry)
  }

  /// Notes that worker `number` has no image.
  mutating func end(_ number: Int) { tasks[number] = nil }

  /// Notes that the asking worker found no work and waits.
  mutating func rest() { idleCount += 1 }

  /// The number of workers to wake for `itemCount` new items.
  mutating func wake(for itemCount: Int) -> Int {
    let woken = min(idleCount, itemCount)
    idleCount -= woken
    return woken
  }

  /// The number of workers to wake so that surplus ones can leave.
  mutating func wakeToLeave() -> Int { wake(for: max(count - leavingCount - wantedCount, 0)) }
}
