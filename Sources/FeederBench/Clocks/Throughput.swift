import FeederCore

/// An endless source of images, such as a loader or the bare loop that is its floor.
package protocol ImageStream {
  /// First calls of `next` that do not count: memory is touched for the first time, or images were ready.
  var warmupCount: Int { get }
  /// Allocates memory and starts threads. Throws if memory or threads are missing.
  mutating func start() throws
  /// Waits for more images and returns their number, at least 1. Throws what the stream's work throws.
  mutating func next() throws -> Int
  /// Ends every thread and frees the memory, so that nothing runs beside the next measurement.
  mutating func stop()
}

/// Images per second over several windows of time.
package struct Throughput: Sendable, Equatable {
  /// Images per second in each window, in order.
  package let windows: [Double]
  /// Processor seconds per image in each window, all threads together. Other programs barely affect this figure.
  package let processorSeconds: [Double]

  /// Figures that were measured elsewhere, at least one of each.
  package init(windows: [Double], processorSeconds: [Double]) {
    precondition(!windows.isEmpty && !processorSeconds.isEmpty, "a throughput has at least one window")
    self.windows = windows
    self.processorSeconds = processorSeconds
  }

  /// The median of processor seconds per image.
  package var processorSecondsPerImage: Double { median(of: processorSeconds) }

  /// The median of images per second.
  package var imagesPerSecond: Double { median(of: windows) }
}

/// Two streams measured in turn in one process (A B A B ...), so that a disturbance on the machine affects both.
package struct PairedThroughput: Sendable, Equatable {
  /// The stream that is judged.
  package let ours: Throughput
  /// The floor: the same work with nothing around it.
  package let floor: Throughput

  /// The stream's images per second divided by the floor's.
  package var ratioToFloor: Double { ours.imagesPerSecond / floor.imagesPerSecond }

  /// How long to measure.
  package struct Plan: Sendable {
    /// Windows per stream; a median needs at least 3.
    package var windowCount: Int
    /// Least seconds of one window.
    package var windowSeconds: Double
    /// Share of a window's seconds that is spent before it, without counting.
    package var warmupShare = 0.2
    /// Least calls of `next` in a window, however slow they are.
    package var smallestCallCount = 3

    /// A plan that takes `seconds` for both streams together, without warm-ups.
    package init(seconds: Double, windowCount: Int = 9) {
      self.windowCount = windowCount
      windowSeconds = seconds / Double(2 * windowCount)
    }
  }

  /// Measures `ours` and `floor` in turn. Throws what a stream throws, after both are stopped.
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

  /// Measures one window. It begins and ends when `next` returns, both in the steady state.
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
