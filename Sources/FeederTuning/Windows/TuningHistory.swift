/// What the latest batches cost and how long the consumer held them, since conditions last changed.
///
/// Kept as plain arrays of at most `capacity` steps, because the replay reads them thousands of times.
struct TuningHistory: Sendable {
  /// Steps remembered: enough to see a pause again that comes every 200 steps, and a tail of one in a hundred.
  static let capacity = 1024
  /// Steps dropped at once where it is full, so that dropping costs little.
  private static let dropCount = 128

  /// Seconds the consumer held each batch.
  private(set) var hold: [Double] = []
  /// Seconds of all workers waiting for the batch's bytes, pauses of the storage as a whole left out.
  private(set) var read: [Double] = []
  /// CPU seconds of all workers on the batch.
  private(set) var cpu: [Double] = []
  /// Seconds the slowest image took.
  private(set) var longest: [Double] = []
  /// Seconds that all workers stood still together, as far as is known.
  private(set) var pause: [Double] = []
  /// All steps since conditions last changed, those that were dropped included.
  private(set) var holdMoments = Moments()
  /// See `holdMoments`.
  private(set) var readMoments = Moments()
  /// See `holdMoments`.
  private(set) var cpuMoments = Moments()

  private var standstillCount = 0

  init() {
    hold.reserveCapacity(Self.capacity)
    read.reserveCapacity(Self.capacity)
    cpu.reserveCapacity(Self.capacity)
    longest.reserveCapacity(Self.capacity)
    pause.reserveCapacity(Self.capacity)
  }

  /// Steps remembered now.
  var count: Int { hold.count }

  /// Adds a step that `workers` made, of `batch` images. `unexplained` are seconds in which the consumer waited for no cost
  /// that was measured.
  mutating func add(_ step: TuningStep, workers: Int, batch: Int, unexplained: Double) {
    if count == Self.capacity { drop(Self.dropCount) }
    var (rest, standstill) = split(step, workers: workers, batch: batch)
    // What comes again and again is no pause but a slow storage.
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

  /// A pause of the storage keeps every worker waiting as long as the slowest image: it is one event on the clock, however
  /// many workers there are, and must not be divided by their number.
  private func split(_ step: TuningStep, workers: Int, batch: Int) -> (read: Double, standstill: Double) {
    let longest = step.longestImageSeconds
    let waits = longest > 0 ? (step.readSeconds / longest).rounded(.down) : 0
    let usual = (readMoments.mean + cpuMoments.mean) / Double(max(batch, 1))
    // Half the workers in it, and far beyond an ordinary image; queues of a busy storage are not pauses.
    guard usual > 0, longest > 6 * usual, waits >= Double(max(workers, 2)) / 2, waits < Double(batch) else {
      return (step.readSeconds, 0)
    }
    return (max(step.readSeconds - waits * longest, 0), longest)
  }

  /// Forgets all but the latest `kept` steps.
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

/// Count, mean and variance of numbers that are not kept (Welford, 1962).
struct Moments: Sendable {
  private(set) var count = 0
  private(set) var mean = 0.0
  private var squares = 0.0

  /// Those of `values`.
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

  /// The variance; 0 below two numbers.
  var variance: Double { count > 1 ? squares / Double(count - 1) : 0 }
}
