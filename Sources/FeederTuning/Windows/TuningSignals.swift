/// Change detectors for the step time and the workers' two costs.
struct TuningSignals: Sendable {
  private var hold = ChangeDetector()
  private var read = ChangeDetector()
  private var cpu = ChangeDetector()
  private var values: [Double] = []

  init() { values.reserveCapacity(TuningWindow.stepLimit) }

  /// Adds a window. If a lasting change is declared, returns the number of windows since it began; else nil.
  ///
  /// `isOwnChange` is true if the tuner has just changed the workers. Small shifts of the costs are then ignored.
  mutating func observe(_ window: borrowing TuningWindow, isOwnChange: Bool) -> Int? {
    // Workers that queue for busy storage wait longer the more there are, but the time per batch stays the same.
    let limit = window.seconds / Double(max(window.steps.count, 1))
    let held = Self.observe(window, &hold, &values, false) { $0.holdSeconds }
    let worked = Self.observe(window, &cpu, &values, isOwnChange) { $0.cpuSeconds }
    // Read times below a tenth of the CPU time decide nothing, so they are raised to that tenth.
    let waited = Self.observe(window, &read, &values, isOwnChange) {
      max(min($0.readSeconds, limit), 0.1 * $0.cpuSeconds)
    }
    guard held != nil || worked != nil || waited != nil else { return nil }
    hold.rebase()
    read.rebase()
    cpu.rebase()
    _ = Self.observe(window, &hold, &values, false) { $0.holdSeconds }
    _ = Self.observe(window, &cpu, &values, false) { $0.cpuSeconds }
    _ = Self.observe(window, &read, &values, false) { max(min($0.readSeconds, limit), 0.1 * $0.cpuSeconds) }
    return min(held ?? .max, worked ?? .max, waited ?? .max)
  }

  private static func observe(
    _ window: borrowing TuningWindow, _ detector: inout ChangeDetector, _ values: inout [Double],
    _ isOwnChange: Bool, _ value: (TuningStep) -> Double
  ) -> Int? {
    values.removeAll(keepingCapacity: true)
    for step in window.steps { values.append(value(step)) }
    values.sort()
    return detector.observe(sorted: values, isOwnChange: isOwnChange) ? detector.onset : nil
  }
}

/// A learned value that holds for a number of windows, or until conditions change.
struct Bar: Sendable {
  private(set) var value: Double?
  private var windowCount = 0

  /// Stores `value` for `windows` windows.
  mutating func set(_ value: Double, windows: Int) {
    self.value = value
    windowCount = windows
  }

  /// Notes that a window has passed.
  mutating func age() {
    windowCount -= 1
    if windowCount <= 0 { value = nil }
  }

  /// Drops the value.
  mutating func lift() { value = nil }
}
