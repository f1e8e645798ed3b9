/// The costs of the latest batches, and the time that the consumer held them, since conditions last changed.
///
/// Stored in plain arrays of at most `capacity` steps, because the replay reads them thousands of times.
struct TuningHistory: Sendable {
  /// Steps that are kept: enough to contain a pause that comes every 200 steps several times, and a tail of 1 %.
  static let capacity = 1024
  /// Steps to drop at once when the arrays are full, so that dropping is cheap.
  private static let dropCount = 128

  /// Seconds that the consumer held each batch.
  private(set) var hold: [Double] = []
  /// Seconds that workers waited for the batch's bytes, summed, without pauses of the whole storage.
  private(set) var read: [Double] = []
  /// CPU seconds of all workers for the batch.
  private(set) var cpu: [Double] = []
  /// Seconds of the slowest image.
  private(set) var longest: [Double] = []
  /// Seconds in which all workers paused together, as far as is known.
  private(set) var pause: [Double] = []
  /// Hold seconds of all steps since conditions last changed, including dropped ones.
  private(set) var holdMoments = Moments()
  /// The same for `read`.
  private(set) var readMoments = Moments()
  /// The same for `cpu`.
  private(set) var cpuMoments = Moments()

  private var standstillCount = 0

  init() {
    hold.reserveCapacity(Self.capacity)
    read.reserveCapacity(Self.capacity)
    cpu.reserveCapacity(Self.capacity)
    longest.reserveCapacity(Self.capacity)
    pause.reserveCapacity(Self.capacity)
  }

  /// Steps that are kept now.
  var count: Int { hold.count }

  /// Adds a step of `workers` workers and `batch` images. `unexplained` are seconds of stall that no measured cost
  /// explains.
  mutating func add(_ step: TuningStep, workers: Int, batch: Int, unexplained: Double) {
    if count == Self.capacity { drop(Self.dropCount) }
    var (rest, standstill) = split(step, workers: workers, batch: batch)
    // A pause in many steps in a row is no pause but slow storage.
    standstillCount = standstill > 0 ? standstillCount + 1 : 0
    if standstillCount > 2 { (rest, standstill) = (step.readSeconds, 0) }
    let isNew = !pause.suffix(2).contains { $0 > 0 }
    hold.append(step.holdSeconds)
    read.append(rest)
    cpu.append(step.cpuSeconds)
    holdMoments.add(step.holdSeconds)
    readMoments.add(rest)
    cpuMoments.add(step.cpuSeconds)
    longest.append(standstill > 0 ? 0 : step.longestImageSeconds)
    pause.append(max(isNew ? standstill : 0, unexplained))
  }

  /// Splits the read seconds into ordinary waiting and a pause of the storage. A pause holds every worker as long as
  /// the slowest image, so it is one event in wall time and must not be divided by the number of workers.
  private func split(_ step: TuningStep, workers: Int, batch: Int) -> (read: Double, standstill: Double) {
    let longest = step.longestImageSeconds
    let waits = longest > 0 ? (step.readSeconds / longest).rounded(.down) : 0
    let usual = (readMoments.mean + cpuMoments.mean) / Double(max(batch, 1))
    // A pause holds at least half of the workers, for far longer than an ordinary image. Queues of busy storage are no
    // pauses.
    guard usual > 0, longest > 6 * usual, waits >= Double(max(workers, 2)) / 2, waits < Double(batch) else {
      return (step.readSeconds, 0)
    }
    return (max(step.readSeconds - waits * longest, 0), longest)
  }

  /// Drops all but the latest `kept` steps.
  mutating func keepLast(_ kept: Int) {
    drop(max(count - kept, 0))
    (holdMoments, readMoments, cpuMoments) = (Moments(hold), Moments(read), Moments(cpu))
  }

  private mutating func drop(_ dropped: Int) {
    hold.removeFirst(dropped)
    read.removeFirst(dropped)
    cpu.removeFirst(dropped)
    longest.removeFirst(dropped)
    pause.removeFirst(dropped)
  }
}

/// Count, mean and variance of numbers that are not stored (Welford, 1962).
struct Moments: Sendable {
  private(set) var count = 0
  private(set) var mean = 0.0
  private var squares = 0.0

  /// The moments of `values`.
  init(_ values: [Double] = []) {
    for value in values { add(value) }
  }

  /// Adds a number.
  mutating func add(_ value: Double) {
    count += 1
    let distance = value - mean
    mean += distance / Double(count)
    squares += distance * (value - mean)
  }

  /// The variance; 0 for fewer than two numbers.
  var variance: Double { count > 1 ? squares / Double(count - 1) : 0 }
}
