/// The step time and the workers' two costs, each under a change detector.
struct TuningSignals: Sendable {
  private var hold = ChangeDetector()
  private var read = ChangeDetector()
  private var cpu = ChangeDetector()
  private var values: [Double] = []

  init() { values.reserveCapacity(TuningWindow.stepLimit) }

  /// Takes a window; where a lasting change is declared, the number of windows since it began.
  ///
  /// `isOwnChange` says that workers were added or taken away just now: small shifts of the costs are then no news.
  mutating func observe(_ window: borrowing TuningWindow, isOwnChange: Bool) -> Int? {
    // Workers that queue for a busy storage wait longer the more of them there are; time a batch does not.
    let limit = window.seconds / Double(max(window.steps.count, 1))
    let held = Self.observe(window, &hold, &values, false) { $0.holdSeconds }
    let worked = Self.observe(window, &cpu, &values, isOwnChange) { $0.cpuSeconds }
    // Reading below a tenth of the work decides nothing; above it, it is compared with that tenth.
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

/// Something learned that holds for a number of windows, and no longer than conditions last.
struct Bar: Sendable {
  private(set) var value: Double?
  private var windowCount = 0

  /// Learns `value` for `windows` windows.
  mutating func set(_ value: Double, windows: Int) {
    self.value = value
    windowCount = windows
  }

  /// A window has passed.
  mutating func age() {
    windowCount -= 1
    if windowCount <= 0 { value = nil }
  }

  /// Forgets it.
  mutating func lift() { value = nil }
}
