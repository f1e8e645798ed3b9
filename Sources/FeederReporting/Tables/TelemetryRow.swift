/// A row of telemetry.csv. Counts and seconds are those since this process's previous row.
package struct TelemetryRow: Sendable, Equatable {
  /// The phase of a run, or how it ended.
  package enum Phase: String, Sendable {
    case train, validate
    /// The run has ended; this is the last row.
    case finished, stopped, interrupted

    /// True if the run has ended.
    package var isEnd: Bool { self != .train && self != .validate }
  }

  /// The phase of the run, or how it ended.
  package var phase = Phase.train
  /// Seconds since 1970.
  package var time = 0.0
  /// Epoch, from 1.
  package var epoch = 0.0
  /// Number of epochs.
  package var epochCount = 0.0
  /// Finished batches of this epoch, or of its validation.
  package var batch = 0.0
  /// Number of batches of this epoch, or of its validation.
  package var batchCount = 0.0
  /// Mean box loss of this epoch so far.
  package var boxLoss = 0.0
  /// Mean class loss of this epoch so far.
  package var classLoss = 0.0
  /// Mean distribution focal loss of this epoch so far.
  package var dflLoss = 0.0
  /// Seconds since the previous row.
  package var seconds = 0.0
  /// Number of images that training took.
  package var imageCount = 0.0
  /// Seconds in which training waited for its loader.
  package var stallSeconds = 0.0
  /// Seconds of reading, summed over all workers.
  package var readSeconds = 0.0
  /// Seconds of decoding, summed over all workers.
  package var decodeSeconds = 0.0
  /// Seconds from decoded image to finished place in the slot, summed over all workers.
  package var augmentSeconds = 0.0
  /// Prefetch depth in batches.
  package var prefetchDepth = 0.0
  /// Number of the loader's threads.
  package var workers = 0.0
  /// Bytes that the loader holds.
  package var loaderBytes = 0.0
  /// Resident bytes of the process.
  package var hostBytes = 0.0

  /// A row of zeros.
  package init() {}

  /// Images per second since the previous row; 0 if no time has passed.
  package var imagesPerSecond: Double { seconds > 0 ? imageCount / seconds : 0 }
  /// Share of the time since the previous row in which training waited, 0 to 1.
  package var stallShare: Double { seconds > 0 ? min(max(stallSeconds / seconds, 0), 1) : 0 }

  typealias Column = (name: String, value: any WritableKeyPath<TelemetryRow, Double> & Sendable)

  /// The columns after the phase, in order. Readers use these names.
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

  /// The row as a line without line end.
  var line: String {
    ([phase.rawValue] + Self.numbers.map { Self.text(self[keyPath: $0.value]) }).joined(separator: ",")
  }

  private static func text(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return String(whole) }
    return String((value * 1e6).rounded() / 1e6)
  }

  /// Parses a line; nil if it is not a valid row.
  init?(_ line: some StringProtocol) {
    let fields = line.split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count == Self.numbers.count + 1, let phase = Phase(rawValue: String(fields[0])) else { return nil }
    self.phase = phase
    for (column, field) in zip(Self.numbers, fields.dropFirst()) {
      guard let value = Double(field), Self.possible.contains(value) else { return nil }
      self[keyPath: column.value] = value
    }
    // A time below a microsecond is 0 in the file; rates over a shorter time would not be finite.
    guard seconds == 0 || seconds >= 1e-6 else { return nil }
  }

  /// Allowed values: larger than every count and time of a run, and so small that sums are exact to a few millionths.
  static let possible = 0...1e15
}
