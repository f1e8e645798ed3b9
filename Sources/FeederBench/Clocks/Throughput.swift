import FeederCore

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
  /// Seconds of processor time an image took in each window, all threads together: what other programs on the machine cannot
  /// take away.
  package let processorSeconds: [Double]

  /// Figures that were taken elsewhere; at least one of each.
  package init(windows: [Double], processorSeconds: [Double]) {
    precondition(!windows.isEmpty && !processorSeconds.isEmpty, "a throughput has at least one window")
    self.windows = windows
    self.processorSeconds = processorSeconds
  }

  /// The middle window's processor time an image.
  package var processorSecondsPerImage: Double { median(of: processorSeconds) }

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

  /// Measures `ours` and `floor` in turn. Throws what a stream throws; both are stopped then.
  package init(
    _ ours: inout some ImageStream, floor: inout some ImageStream, plan: Plan, clock: some StreamClock = SystemClock()
  ) throws {
    var figures: ([Window], [Window]) = ([], [])
    for _ in 0..<plan.windowCount {
      figures.0.append(try Self.window(&ours, plan, clock))
      figures.1.append(try Self.window(&floor, plan, clock))
    }
    self.ours = Self.throughput(figures.0)
    self.floor = Self.throughput(figures.1)
  }

  private struct Window {
    let imagesPerSecond: Double
    let processorSecondsPerImage: Double
  }

  private static func throughput(_ windows: [Window]) -> Throughput {
    Throughput(
      windows: windows.map(\.imagesPerSecond), processorSeconds: windows.map(\.processorSecondsPerImage))
  }

  /// What passes between two returns of `next`, both in the steady state.
  private static func window(
    _ stream: inout some ImageStream, _ plan: Plan, _ clock: some StreamClock
  ) throws -> Window {
    try stream.start()
    defer { stream.stop() }
    let begin = clock.seconds
    var callCount = 0
    repeat {
      _ = try stream.next()
      callCount += 1
    } while callCount < stream.warmupCount || clock.seconds - begin < plan.windowSeconds * plan.warmupShare
    let (start, processorStart) = (clock.seconds, clock.processorSeconds)
    var end = start
    var imageCount = 0
    callCount = 0
    repeat {
      imageCount += try stream.next()
      callCount += 1
      end = clock.seconds
    } while callCount < plan.smallestCallCount || end - start < plan.windowSeconds
    let count = Double(max(imageCount, 1))
    return Window(
      imagesPerSecond: count / max(end - start, 1e-9),
      processorSecondsPerImage: (clock.processorSeconds - processorStart) / count)
  }
}
