/// One moment of a run: a row of telemetry.csv. Counts and seconds are those since the row before, of this process.
package struct TelemetryRow: Sendable, Equatable {
  /// What a run is doing.
  package enum Phase: String, Sendable {
    case train, validate
    /// It has ended, and this is the last row.
    case finished, stopped, interrupted

    /// True where nothing follows.
    package var isEnd: Bool { self != .train && self != .validate }
  }

  /// What the run is doing.
  package var phase = Phase.train
  /// Seconds since 1970.
  package var time = 0.0
  /// Epoch, counted from 1, and how many there are.
  package var epoch = 0.0
  package var epochCount = 0.0
  /// Batches of this epoch, or of its validation, that are done, and how many there are.
  package var batch = 0.0
  package var batchCount = 0.0
  /// Mean losses of this epoch so far.
  package var boxLoss = 0.0
  package var classLoss = 0.0
  package var dflLoss = 0.0
  /// Seconds since the row before.
  package var seconds = 0.0
  /// Images that training took.
  package var imageCount = 0.0
  /// Seconds that training waited for its loader.
  package var stallSeconds = 0.0
  /// Seconds of all workers together: reading, decoding, and everything up to the slot.
  package var readSeconds = 0.0
  package var decodeSeconds = 0.0
  package var augmentSeconds = 0.0
  /// Prefetch depth in batches, and threads of the loader.
  package var prefetchDepth = 0.0
  package var workers = 0.0
  /// Bytes that the loader holds, and bytes of the process that are resident.
  package var loaderBytes = 0.0
  package var hostBytes = 0.0

  /// A row of zeros.
  package init() {}

  /// Images a second since the row before; 0 where no time passed.
  package var imagesPerSecond: Double { seconds > 0 ? imageCount / seconds : 0 }
  /// Share of the time since the row before that training waited, 0 to 1.
  package var stallShare: Double { seconds > 0 ? min(max(stallSeconds / seconds, 0), 1) : 0 }

  typealias Column = (name: String, value: any WritableKeyPath<TelemetryRow, Double> & Sendable)

  /// The columns behind the phase, in order; readers know them by these names.
  static let numbers: [Column] = [
    ("time", \.time), ("epoch", \.epoch), ("epoch_count", \.epochCount), ("batch", \.batch),
    ("batch_count", \.batchCount), ("box_loss", \.boxLoss), ("cls_loss", \.classLoss), ("dfl_loss", \.dflLoss),
    ("seconds", \.seconds), ("image_count", \.imageCount), ("stall_seconds", \.stallSeconds),
    ("read_seconds", \.readSeconds), ("decode_seconds", \.decodeSeconds), ("augment_seconds", \.augmentSeconds),
    ("prefetch_depth", \.prefetchDepth), ("workers", \.workers), ("loader_bytes", \.loaderBytes),
    ("host_bytes", \.hostBytes),
  ]

  /// The first line of a file.
  static let header = (["phase"] + numbers.map(\.name)).joined(separator: ",")

  /// The row as a line without its end.
  var line: String {
    ([phase.rawValue] + Self.numbers.map { Self.text(self[keyPath: $0.value]) }).joined(separator: ",")
  }

  private static func text(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return String(whole) }
    return String((value * 1e6).rounded() / 1e6)
  }

  /// The row that a line holds; nil where it is none.
  init?(_ line: some StringProtocol) {
    let fields = line.split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count == Self.numbers.count + 1, let phase = Phase(rawValue: String(fields[0])) else { return nil }
    self.phase = phase
    for (column, field) in zip(Self.numbers, fields.dropFirst()) {
      guard let value = Double(field), Self.possible.contains(value) else { return nil }
      self[keyPath: column.value] = value
    }
    // A share of a microsecond is 0 in the file; rates over less would be no numbers.
    guard seconds == 0 || seconds >= 1e-6 else { return nil }
  }

  /// Beyond every count and time of a run, and small enough that sums of them are exact to some millionths.
  static let possible = 0...1e15
}
