import Foundation

/// A run's telemetry over time, summed up in at most `RunTimeline.mostPoints` steps.
package struct RunTimeline {
  /// Points per chart.
  package static let mostPoints = 120

  /// Sums over some rows: seconds by kind, images, and largest bytes. `minute` is the time since the first row.
  struct Step {
    var minute = 0.0
    var training = 0.0
    var stall = 0.0
    var other = 0.0
    var images = 0.0
    var read = 0.0
    var decode = 0.0
    var augment = 0.0
    var depth = 0.0
    var workers = 0.0
    var loaderBytes = 0.0
    var hostBytes = 0.0
  }

  let steps: [Step]

  /// Sums up `rows`. Time in which no process ran does not count.
  package init(_ rows: [TelemetryRow]) {
    let total = rows.map(\.seconds).reduce(0, +)
    let width = max(total / Double(Self.mostPoints), 1e-9)
    var steps: [Step] = []
    var current = Step()
    var (elapsed, end) = (0.0, width)
    for (index, row) in rows.enumerated() {
      elapsed += row.seconds
      current.add(row, at: elapsed)
      if elapsed >= end || index == rows.count - 1 {
        steps.append(current)
        current = Step()
        while end <= elapsed { end += width }
      }
    }
    self.steps = steps
  }

  /// Seconds in which training took images, waiting included.
  package var trainingSeconds: Double { steps.map(\.training).reduce(0, +) }
  /// Seconds in which training waited for its loader.
  package var stallSeconds: Double { steps.map(\.stall).reduce(0, +) }
  /// Seconds of validation and everything else.
  package var otherSeconds: Double { steps.map(\.other).reduce(0, +) }
  /// Number of images that training took.
  package var imageCount: Double { steps.map(\.images).reduce(0, +) }
  /// Seconds of reading, summed over all workers.
  package var readSeconds: Double { steps.map(\.read).reduce(0, +) }
  /// Seconds of decoding, summed over all workers.
  package var decodeSeconds: Double { steps.map(\.decode).reduce(0, +) }
  /// Seconds of augmentation, summed over all workers.
  package var augmentSeconds: Double { steps.map(\.augment).reduce(0, +) }

  /// Share of the training time in which training waited, 0 to 1; nil without telemetry.
  package var stallShare: Double? { trainingSeconds > 0 ? min(stallSeconds / trainingSeconds, 1) : nil }

  /// One sentence that names what limited the speed.
  package var verdict: String {
    guard let stallShare else { return "No telemetry: it is unknown what set the pace." }
    let rate = String(format: "%.0f", imageCount / max(trainingSeconds, 1e-9))
    let share = (stallShare * 1000).rounded() / 10
    let waited = "waited \(share) % of the training time for data, at \(rate) images/s"
    if stallShare < 0.01 { return "The device set the pace: it \(waited)." }
    let stages = [("Reading", readSeconds), ("Decoding", decodeSeconds), ("Augmentation", augmentSeconds)]
    let largest = stages.max { $0.1 < $1.1 }?.0 ?? "Reading"
    if stallShare < 0.05 { return "Loader and device are nearly balanced: the device \(waited)." }
    return
      "\(largest) takes most of the loader's time, and the device \(waited). `feeder profile` finds what would help."
  }

  /// Charts over time: the use of time, the speed, the prefetch depth and the memory. `memoryBudget` is in bytes.
  package func charts(memoryBudget: Double?) -> [Chart] {
    func points(_ value: (Step) -> Double) -> [(x: Double, y: Double)] { steps.map { ($0.minute, value($0)) } }
    let training = steps.filter { $0.training > 0 }
    func whileTraining(_ value: (Step) -> Double) -> [(x: Double, y: Double)] {
      training.map { ($0.minute, value($0)) }
    }
    func share(_ part: @escaping (Step) -> Double) -> (Step) -> Double {
      { part($0) / max($0.training + $0.other, 1e-9) * 100 }
    }
    let gibibyte = 1_073_741_824.0
    var memory = [
      Chart.Series("process", points { $0.hostBytes / gibibyte }, isMain: true),
      Chart.Series("loader", points { $0.loaderBytes / gibibyte }),
    ]
    if let memoryBudget {
      memory.append(Chart.Series("loader's budget", points { _ in memoryBudget / gibibyte }))
    }
    return [
      Chart(
        "use of time", x: "minutes", y: "% of time",
        .stack([
          Chart.Series("step", points(share { max($0.training - $0.stall, 0) })),
          Chart.Series("waiting", points(share(\.stall))), Chart.Series("validation", points(share(\.other))),
        ]), yRange: 0...100),
      Chart(
        "the loader's work per image", x: "minutes", y: "ms",
        .stack([
          Chart.Series("read", whileTraining { $0.read / max($0.images, 1) * 1000 }),
          Chart.Series("decode", whileTraining { $0.decode / max($0.images, 1) * 1000 }),
          Chart.Series("augment", whileTraining { $0.augment / max($0.images, 1) * 1000 }),
        ])),
      Chart(
        "stall share", x: "minutes", y: "% of training time",
        .lines([Chart.Series(nil, whileTraining { min($0.stall / $0.training, 1) * 100 }, isMain: true)]),
        yRange: 0...100),
      Chart(
        "images per second", x: "minutes",
        .lines([Chart.Series(nil, whileTraining { $0.images / $0.training }, isMain: true)])),
      Chart(
        "prefetch depth and workers", x: "minutes",
        .lines([
          Chart.Series("depth", points(\.depth), isMain: true), Chart.Series("workers", points(\.workers)),
        ])),
      Chart("memory", x: "minutes", y: "GiB", .lines(memory)),
    ]
  }
}

extension RunTimeline.Step {
  fileprivate mutating func add(_ row: TelemetryRow, at elapsed: Double) {
    minute = elapsed / 60
    if row.phase == .train {
      training += row.seconds
      stall += row.stallSeconds
      images += row.imageCount
    } else {
      other += row.seconds
    }
    read += row.readSeconds
    decode += row.decodeSeconds
    augment += row.augmentSeconds
    depth = row.prefetchDepth
    workers = row.workers
    loaderBytes = max(loaderBytes, row.loaderBytes)
    hostBytes = max(hostBytes, row.hostBytes)
  }
}
