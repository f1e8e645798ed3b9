import Foundation

/// The progress of a run in one line of at most 100 columns.
package struct LiveLine {
  /// Most columns of the line.
  package static let width = 100

  private static let columns: [(title: String, width: Int)] = [
    ("Epoch", 7), ("Memory", 7), ("box_loss", 9), ("cls_loss", 9), ("dfl_loss", 9), ("Instances", 10), ("Batch", 10),
    ("img/s", 8), ("stall", 7), ("depth", 6), ("workers", 8), ("left", 6),
  ]

  /// The titles above the values.
  package static let head = line(columns.map(\.title))

  /// The line of values.
  package let text: String

  /// The line for one moment. Memory is in bytes; `losses` are means of the epoch; `boxCount` is that batch's boxes.
  package init(
    epoch: Int, epochCount: Int, peakHostBytes: Int, losses: [Double], boxCount: Int, batch: Int, batchCount: Int,
    imagesPerSecond: Double, stallShare: Double, prefetchDepth: Int, workers: Int, secondsLeft: Double
  ) {
    let rate = String(format: "%.1f", imagesPerSecond)
    let stall = String(format: "%.1f%%", stallShare * 100)
    let memory = String(format: "%.2fG", Double(peakHostBytes) / 1_073_741_824)
    text = Self.line(
      ["\(epoch)/\(epochCount)", memory] + losses.map(Self.loss)
        + [
          "\(boxCount)", "\(batch)/\(batchCount)", rate, stall, "\(prefetchDepth)", "\(workers)",
          Self.clock(secondsLeft),
        ])
  }

  /// Texts, each aligned right in its column. A long text takes spaces of other columns, so that the line still fits.
  private static func line(_ texts: [String]) -> String {
    var line = zip(texts, columns).map { text, column in
      " " + String(repeating: " ", count: max(column.width - 1 - text.count, 0)) + text
    }.joined()
    if (texts.first?.count ?? 0) >= columns[0].width { line.removeFirst() }
    while line.count > width, let gap = line.range(of: "  ") { line.remove(at: gap.lowerBound) }
    return String(line.prefix(width))
  }

  private static func loss(_ value: Double) -> String { String(format: abs(value) < 1000 ? "%.4f" : "%.2e", value) }

  /// Seconds as minutes and seconds; from 100 minutes on as hours and minutes.
  package static func clock(_ seconds: Double) -> String {
    guard (0..<360_000).contains(seconds) else { return "-" }
    let whole = Int(seconds.rounded(.up))
    return whole < 6000
      ? String(format: "%02d:%02d", whole / 60, whole % 60) : String(format: "%dh%02d", whole / 3600, whole / 60 % 60)
  }
}
