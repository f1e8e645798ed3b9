import FeederCore
import FeederReporting
import Foundation

/// The current state of a run, as lines for people and as JSON.
package struct RunView: Encodable {
  /// The phase of a run, or how it ended.
  package enum State: String, Encodable {
    case starting, training, validating, silent, finished, stopped, interrupted
    /// True if the run has ended.
    package var isEnd: Bool { [.finished, .stopped, .interrupted].contains(self) }
  }

  let run: String
  /// The phase of the run, or how it ended.
  package let state: State
  /// Seconds since the newest row of telemetry; nil if there is none.
  let secondsSinceNews: Double?
  let epoch: Int
  let epochCount: Int
  let batch: Int
  let batchCount: Int
  /// Mean over the newest rows of training, about ten seconds.
  let imagesPerSecond: Double
  let stallShare: Double
  let prefetchDepth: Int
  let workers: Int
  let loaderBytes: Int
  let memory: Int?
  let hostBytes: Int
  let losses: [Double]
  /// Losses of the last epoch's validation; nil before the first epoch, and for runs of older versions.
  let validationLosses: [Double]?
  /// Seconds until the last epoch ends, by the mean epoch so far; nil before the first epoch.
  let secondsLeft: Double?
  let bestEpoch: Int?
  let bestMap50_95: Double?

  private let title: String
  private let rates: [Double]
  private let stalls: [Double]

  private enum CodingKeys: String, CodingKey {
    case run, state, secondsSinceNews, epoch, epochCount, batch, batchCount, imagesPerSecond, stallShare, prefetchDepth
    case workers, loaderBytes, memory, hostBytes, losses, validationLosses, secondsLeft, bestEpoch
    case bestMap50_95 = "bestMap50-95"
  }

  /// Seconds without a new row after which a run is called silent. Rows come once per second, or per step if longer.
  private static let patience = 15.0

  /// The state of the run in `record` at the time `now`.
  package init(_ record: RunRecord, at now: Date) {
    let rows = record.telemetry
    let training = rows.filter { $0.phase == .train && $0.seconds > 0 }
    let latest = rows.last
    run = record.folder.url.path
    title = [record["model"], record["data"].map { "on \($0)" }, record["device"], record["precision"]]
      .compactMap { $0 }.joined(separator: " ")
    let age = latest.map { max(now.timeIntervalSince1970 - $0.time, 0) }
    secondsSinceNews = age
    let longest = rows.suffix(20).map(\.seconds).max() ?? 0
    state =
      switch latest?.phase {
      case nil: .starting
      case .finished: .finished
      case .stopped: .stopped
      case .interrupted: .interrupted
      case .train where (age ?? 0) <= max(Self.patience, 3 * longest): .training
      case .validate where (age ?? 0) <= max(Self.patience, 3 * longest): .validating
      default: .silent
      }
    epoch = Int(clamping: latest?.epoch)
    epochCount = Int(clamping: latest?.epochCount)
    batch = Int(clamping: latest?.batch)
    batchCount = Int(clamping: latest?.batchCount)
    var (seconds, images, stall) = (0.0, 0.0, 0.0)
    for row in training.reversed() where seconds < 10 {
      seconds += row.seconds
      images += row.imageCount
      stall += row.stallSeconds
    }
    imagesPerSecond = seconds > 0 ? images / seconds : 0
    stallShare = seconds > 0 ? min(stall / seconds, 1) : 0
    prefetchDepth = Int(clamping: latest?.prefetchDepth)
    workers = Int(clamping: latest?.workers)
    loaderBytes = Int(clamping: latest?.loaderBytes)
    memory = record["memory"].flatMap { ByteCount(text: $0)?.bytes }
    hostBytes = Int(clamping: latest?.hostBytes)
    losses = latest.map { [$0.boxLoss, $0.classLoss, $0.dflLoss] } ?? []
    validationLosses = record.epochs.last?.validationLosses
    let epochSeconds =
      record.epochs.isEmpty ? nil : record.epochs.map(\.seconds).reduce(0, +) / Double(record.epochs.count)
    let epochsLeft = max((latest?.epochCount ?? 0) - Double(record.epochs.count), 0)
    secondsLeft = epochSeconds.map { epochsLeft * $0 }
    bestEpoch = record.best?.epoch
    bestMap50_95 = record.best?.map50_95
    rates = training.suffix(60).map(\.imagesPerSecond)
    stalls = training.suffix(60).map(\.stallShare)
  }

  /// The view as lines, none longer than `LiveLine.width`.
  package var lines: [String] {
    var lines = [title, "\(stateLine)"]
    guard state != .starting else { return lines.map(Self.cut) }
    let phase = state == .validating ? "validating" : "batch"
    lines.append(
      "epoch \(epoch)/\(epochCount)  \(phase) \(batch)/\(batchCount)  \(Self.bar(batch, of: batchCount))"
        + (secondsLeft.flatMap { state.isEnd ? nil : $0 }.map { "  run: \(LiveLine.clock($0)) left" } ?? ""))
    lines.append(
      "img/s   " + String(format: "%8.1f", imagesPerSecond) + "  " + Self.spark(rates, top: rates.max() ?? 0))
    lines.append("stall   " + String(format: "%7.1f%%", stallShare * 100) + "  " + Self.spark(stalls, top: 1))
    lines.append(
      "loader  depth \(prefetchDepth), workers \(workers), \(ByteCount(loaderBytes))"
        + (memory.map { " of \(ByteCount($0))" } ?? "") + "; process \(ByteCount(hostBytes))")
    let names = ["box_loss", "cls_loss", "dfl_loss"]
    for (title, losses) in [("losses", losses), ("val", validationLosses ?? [])] where !losses.isEmpty {
      let values = zip(names, losses).map { "\($0) " + String(format: "%.4f", $1) }.joined(separator: "  ")
      lines.append(title.padding(toLength: 8, withPad: " ", startingAt: 0) + values)
    }
    if let bestEpoch, let bestMap50_95 {
      lines.append("best    mAP50-95 " + String(format: "%.3f", bestMap50_95) + " after epoch \(bestEpoch)")
    }
    return lines.map(Self.cut)
  }

  private var stateLine: String {
    let news = Int((secondsSinceNews ?? 0).rounded())
    switch state {
    case .starting: return "\(run): no step is done yet"
    case .silent: return "\(run): silent for \(news) s; it was killed, or is in one long step"
    default: return "\(run): \(state.rawValue)"
    }
  }

  private static func cut(_ line: String) -> String { String(line.prefix(LiveLine.width)) }

  private static func bar(_ done: Int, of count: Int) -> String {
    let filled = count > 0 ? min(max(done * 20 / count, 0), 20) : 0
    return String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
  }

  private static func spark(_ values: [Double], top: Double) -> String {
    let marks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    return String(values.map { marks[min(Int(8 * max($0, 0) / max(top, 1e-9)), 7)] })
  }
}

extension Int {
  /// The whole part of a number from a file. 0 for nil; the largest or smallest integer if it does not fit.
  fileprivate init(clamping value: Double?) {
    let value = value ?? 0
    self = value >= 9e18 ? .max : value <= -9e18 ? .min : Int(value)
  }
}
