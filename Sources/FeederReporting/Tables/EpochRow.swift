import Foundation

/// One row of results.csv. Values that an epoch did not measure are nil and stay empty in the file.
package struct EpochRow: Sendable, Equatable {
  /// Epoch, from 1.
  package var epoch: Int
  /// Seconds of training and validation, in the process that finished the epoch.
  package var seconds: Double
  /// Mean box loss of the epoch, times its gain.
  package var boxLoss: Double
  /// Mean class loss of the epoch, times its gain.
  package var classLoss: Double
  /// Mean distribution focal loss of the epoch, times its gain.
  package var dflLoss: Double
  /// Precision on the validation split.
  package var precision: Double?
  /// Recall on the validation split.
  package var recall: Double?
  /// mAP50 on the validation split.
  package var map50: Double?
  /// mAP50-95 on the validation split.
  package var map50_95: Double?
  /// Box, class and distribution focal loss on the validation split; nil in a row of an older version.
  package var validationLosses: [Double]?
  /// Learning rate of the weights at the end of the epoch.
  package var learningRate: Double
  /// Training images per second.
  package var imagesPerSecond: Double
  /// Share of the epoch in which training waited for the loader, 0 to 1.
  package var stallShare: Double
  /// Prefetch depth at the end of the epoch, in batches.
  package var prefetchDepth: Int
  /// Loader workers at the end of the epoch.
  package var workers: Int
  /// Peak of host memory so far, in bytes.
  package var peakHostBytes: Int
  /// Peak of device memory so far, in bytes; 0 on a CPU.
  package var peakDeviceBytes: Int
  /// Hash of the epoch's training stream.
  package var streamHash: UInt64

  /// A row with these values.
  package init(
    epoch: Int, seconds: Double, boxLoss: Double, classLoss: Double, dflLoss: Double, precision: Double? = nil,
    recall: Double? = nil, map50: Double? = nil, map50_95: Double? = nil, validationLosses: [Double]? = nil,
    learningRate: Double, imagesPerSecond: Double, stallShare: Double, prefetchDepth: Int, workers: Int,
    peakHostBytes: Int,
    peakDeviceBytes: Int, streamHash: UInt64
  ) {
    self.epoch = epoch
    self.seconds = seconds
    self.boxLoss = boxLoss
    self.classLoss = classLoss
    self.dflLoss = dflLoss
    self.precision = precision
    self.recall = recall
    self.map50 = map50
    self.map50_95 = map50_95
    self.validationLosses = validationLosses
    self.learningRate = learningRate
    self.imagesPerSecond = imagesPerSecond
    self.stallShare = stallShare
    self.prefetchDepth = prefetchDepth
    self.workers = workers
    self.peakHostBytes = peakHostBytes
    self.peakDeviceBytes = peakDeviceBytes
    self.streamHash = streamHash
  }

  /// The columns of results.csv in order. Readers use these names.
  package static let columns = [
    "epoch", "seconds", "train/box_loss", "train/cls_loss", "train/dfl_loss", "metrics/precision", "metrics/recall",
    "metrics/mAP50", "metrics/mAP50-95", "val/box_loss", "val/cls_loss", "val/dfl_loss", "lr", "images_per_second",
    "stall_share", "prefetch_depth", "workers", "peak_host_bytes", "peak_device_bytes", "stream_hash",
  ]

  /// Positions of the validation losses, which older versions did not write.
  static let newColumns = 9..<12

  /// Parses a line of results.csv; nil if it is not a valid row. Empty values become nil.
  init?(_ line: String) {
    let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == Self.columns.count, let epoch = Int(fields[0]),
      let streamHash = UInt64(fields[19], radix: 16)
    else { return nil }
    let optional = fields[5...8].map { Double($0).flatMap { (0...1).contains($0) ? $0 : nil } }
    guard zip(fields[5...8], optional).allSatisfy({ $0.isEmpty || $1 != nil }) else { return nil }
    let losses = fields[Self.newColumns].compactMap { Double($0) }.filter(TelemetryRow.possible.contains)
    guard losses.count == 3 || fields[Self.newColumns].allSatisfy(\.isEmpty) else { return nil }
    let numbers = ([1, 2, 3, 4] + Array(12...18)).compactMap { Double(fields[$0]) }
      .filter(TelemetryRow.possible.contains)
    let counts = numbers.dropFirst(7).compactMap { Int(exactly: $0) }
    guard numbers.count == 11, counts.count == 4 else { return nil }
    self.init(
      epoch: epoch, seconds: numbers[0], boxLoss: numbers[1], classLoss: numbers[2], dflLoss: numbers[3],
      precision: optional[0], recall: optional[1], map50: optional[2], map50_95: optional[3],
      validationLosses: losses.count == 3 ? losses : nil, learningRate: numbers[4], imagesPerSecond: numbers[5],
      stallShare: numbers[6], prefetchDepth: counts[0],
      workers: counts[1], peakHostBytes: counts[2], peakDeviceBytes: counts[3], streamHash: streamHash)
  }

  /// The values in the order of `columns`: six significant digits, the hash as 16 hexadecimal digits.
  var fields: [String] {
    func number(_ value: Double?) -> String { value.map { String(format: "%.6g", $0) } ?? "" }
    // A loss that is not finite is left out, because a reader would refuse the row.
    let known = validationLosses.flatMap { $0.allSatisfy(TelemetryRow.possible.contains) ? $0 : nil }
    let losses = known?.map(Optional.some) ?? [nil, nil, nil]
    return [String(epoch)]
      + [seconds, boxLoss, classLoss, dflLoss, precision, recall, map50, map50_95].map(number) + losses.map(number)
      + [learningRate, imagesPerSecond, stallShare].map(number)
      + [prefetchDepth, workers, peakHostBytes, peakDeviceBytes].map(String.init)
      + [String(format: "%016llx", streamHash)]
  }
}
