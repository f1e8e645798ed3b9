/// Something that makes images without end once it is started, such as a loader, or the bare loop it is held against.
package protocol ImageStream {
  /// Calls of `next` after a start whose images say nothing: memory is touched first, or they lay ready.
  var warmupCount: Int { get }
  /// Begins from nothing: takes its memory, starts its threads.
  mutating func start() throws
  /// Blocks until more images are there; returns how many, at least 1.
  mutating func next() throws -> Int
  /// Ends every thread and gives the memory back, so that nothing of it runs beside what is measured next.
  mutating func stop()
}

/// Images a second over several windows of time.
package struct Throughput: Sendable, Equatable {
  /// Images a second of each window, in order.
  package let windows: [Double]

  /// Figures that were taken elsewhere; at least one.
  package init(windows: [Double]) {
    precondition(!windows.isEmpty, "a throughput has at least one window")
    self.windows = windows
  }

  /// The middle window; of an even number the mean of the two in the middle.
  package var imagesPerSecond: Double { median(of: windows) }
}

/// Two streams measured in turn in one process (A B A B ...), so that a noisy neighbour meets both.
package struct PairedThroughput: Sendable, Equatable {
  /// The stream in question.
  package let ours: Throughput
  /// What the machine could do with nothing around the work.
  package let floor: Throughput

  /// Of what the floor reaches, how much the stream reaches.
  package var ratioToFloor: Double { ours.imagesPerSecond / floor.imagesPerSecond }

  /// How long to measure.
  package struct Plan: Sendable {
    /// Windows of each side; a median wants three at least.
    package var windowCount: Int
    /// Seconds of one window, at the least.
    package var windowSeconds: Double
    /// Share of a window's seconds that passes unseen at its start.
    package var warmupShare = 0.2
    /// Calls of `next` that a window spans at the least, however slow they are.
    package var smallestCallCount = 3

    /// Windows that take `seconds` together, both sides, warm-ups not counted.
    package init(seconds: Double, windowCount: Int = 9) {
      self.windowCount = windowCount
      windowSeconds = seconds / Double(2 * windowCount)
    }
  }

  /// Measures `ours` and `floor` in turn; `now` gives seconds. Throws what a stream throws; both are stopped then.
  package init(
    _ ours: inout some ImageStream, floor: inout some ImageStream, plan: Plan, now: () -> Double = Self.monotonicSeconds
  ) throws {
    var figures: ([Double], [Double]) = ([], [])
    for _ in 0..<plan.windowCount {
      figures.0.append(try Self.window(&ours, plan, now))
      figures.1.append(try Self.window(&floor, plan, now))
    }
    self.ours = Throughput(windows: figures.0)
    self.floor = Throughput(windows: figures.1)
  }

  /// Images a second between two returns of `next`, both in the steady state.
  private static func window(_ stream: inout some ImageStream, _ plan: Plan, _ now: () -> Double) throws -> Double {
    try stream.start()
    defer { stream.stop() }
    let begin = now()
    var callCount = 0
    repeat {
      _ = try stream.next()
      callCount += 1
    } while callCount < stream.warmupCount || now() - begin < plan.windowSeconds * plan.warmupShare
    let start = now()
    var end = start
    var imageCount = 0
    callCount = 0
    repeat {
      imageCount += try stream.next()
      callCount += 1
      end = now()
    } while callCount < plan.smallestCallCount || end - start < plan.windowSeconds
    return Double(imageCount) / max(end - start, 1e-9)
  }

  /// Seconds of a clock that never goes back.
  package static func monotonicSeconds() -> Double { (ContinuousClock.now - origin) / .seconds(1) }

  private static let origin = ContinuousClock.now
}

/// The middle of `numbers`, at least one; of an even number of them the mean of the two in the middle.
func median(of numbers: [Double]) -> Double {
  let sorted = numbers.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
