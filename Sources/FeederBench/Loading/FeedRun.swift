import FeederCache
import FeederCore
import FeederLoader
import FeederTraining
import Foundation

/// A consumer that takes batches, sleeps while it holds each, and records its waiting time.
package struct FeedRun {
  /// The document of `feeder bench feed --json`.
  package struct Report: Encodable {
    let stallShare: Double
    let stallShareAfterChange: Double?
    let prefetchDepth: [Int]
    let workers: [Int]
    let peakBytes: Int
    let loaderPeakBytes: Int
    let settledAfterSteps: Int
    let settingChanges: Int
    let streamHash: String
    let verdict: String?
    let verdictLine: String?
    let imagesPerSecond: Double
    let warmupSteps: Int
    let steps: Int
    let batch: Int
    let channels: Int
    /// Phases of the tuned loader and the oracle; nil without `--sweep`.
    package var phases: [FeedSweep.Phase]?

    /// The result in one line, for people.
    package var line: String {
      String(
        format: "feed: %.2f %% of the consumer's time waited (after %d steps), %.0f images/s, %d workers, depth %d%@",
        stallShare * 100, warmupSteps, imagesPerSecond, workers.last ?? 0, prefetchDepth.last ?? 0,
        verdictLine.map { "; " + $0 } ?? "")
    }
  }

  private static let windowStepCount = 64

  let stepCount: Int
  let batch: Int
  private var stalls: [Double] = []
  private var holds: [Double] = []
  private var workers: [Int] = []
  private var depths: [Int] = []
  private var imageCount = 0
  private var heldBytes = 0
  private var hash: UInt64 = 0
  private var seconds = 0.0

  /// A run of `stepCount` batches of `batch` images.
  package init(stepCount: Int, batch: Int) {
    self.stepCount = stepCount
    self.batch = batch
  }

  /// Takes all batches, epoch after epoch. `stepSeconds` returns the seconds to hold the batch of a step. Throws what
  /// the loader throws.
  package mutating func run(_ tuned: TunedLoader, trace: Trace? = nil, stepSeconds: (Int) -> Double) throws {
    let clock = ContinuousClock()
    let start = clock.now
    var epoch = 0
    tuned.startEpoch(epoch)
    tuned.announceEpoch(epoch + 1)
    while stalls.count < stepCount {
      let held = stepSeconds(stalls.count)
      let asked = clock.now
      guard let taken = try tuned.nextBatch() else {
        epoch += 1
        // Continue the hash, so that the last one covers the whole stream.
        tuned.startEpoch(epoch, hashSoFar: hash)
        tuned.announceEpoch(epoch + 1)
        continue
      }
      let got = clock.now
      stalls.append((got - asked) / .seconds(1))
      trace.span(.consumer, "step", batch: taken.index) { MonotonicClock().sleep(seconds: held) }
      holds.append((clock.now - got) / .seconds(1))
      imageCount += taken.imageCount
      hash = taken.epochHash
      taken.release()
      workers.append(tuned.loader.plan.workers)
      depths.append(tuned.loader.plan.prefetchDepth)
      heldBytes = max(heldBytes, tuned.loader.heldBytes)
    }
    seconds = (clock.now - start) / .seconds(1)
  }

  /// The figures of the run. The run is settled after the first step from which every window of 64 steps waits at most
  /// one percentage point more than the last quarter.
  package func report(_ tuned: TunedLoader, channels: Int, changeAt: Int?) -> Report {
    let warmup = Self.warmup(stepCount)
    let window = min(Self.windowStepCount, stepCount)
    let late = share(stepCount * 3 / 4..<stepCount)
    let unsettled = (0...stepCount - window).last { share($0..<$0 + window) > late + 0.01 }
    let changes = zip(zip(workers, depths), zip(workers, depths).dropFirst()).count { $0 != $1 }
    return Report(
      stallShare: share(warmup..<stepCount),
      stallShareAfterChange: changeAt.map { share(min($0, stepCount)..<stepCount) }, prefetchDepth: depths,
      workers: workers, peakBytes: HostMemory.peakBytes, loaderPeakBytes: heldBytes,
      settledAfterSteps: unsettled.map { $0 + 1 } ?? 0, settingChanges: changes,
      streamHash: String(format: "%016llx", hash), verdict: tuned.latest?.verdict.stage.rawValue,
      verdictLine: tuned.latest.map { "\($0.verdict)" }, imagesPerSecond: Double(imageCount) / max(seconds, 1e-9),
      warmupSteps: warmup, steps: stepCount, batch: batch, channels: channels)
  }

  /// Warm-up steps of a run of `stepCount`, which do not count.
  static func warmup(_ stepCount: Int) -> Int { min(100, stepCount / 10) }

  /// Stall share over `steps`, 0 to 1.
  func share(_ steps: Range<Int>) -> Double {
    let stall = stalls[steps].reduce(0, +)
    let hold = holds[steps].reduce(0, +)
    return stall + hold > 0 ? stall / (stall + hold) : 0
  }
}
