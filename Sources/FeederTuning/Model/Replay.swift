import Foundation

/// The natural logarithm.
func logarithm(_ value: Double) -> Double { log(value) }

/// Plays the recorded batches once more with another setting: what would the consumer have waited?
///
/// An exact recursion over batches, not over images. With A the time the last image of a batch is taken, F the time its
/// last image is done, R the time its slot is free again, s seconds an image, w workers and k slots:
///
///     A[j] = max(A[j-1] + B s / w, R[j-k] + (ceil(B / w) - 1) s) + pause[j]
///     F[j] = A[j] + longest[j];   take[j] = max(R[j-1], F[j]);   R[j] = take[j] + hold[j]
///
/// It needs no distribution: pauses, bursts and a slow image at the head of the line are in the record. The record is
/// played twice in a ring, and the second round counts, so that the first batches carry no credit.
struct Replay: Sendable {
  private var released = [Double](repeating: 0, count: 2048)

  /// Share of the consumer's time spent waiting under `setting`; 0 where nothing is recorded.
  mutating func stallShare(
    of setting: TuningSetting, history: borrowing TuningHistory, model: LoaderModel
  ) -> Double {
    let count = history.count
    let slots = setting.prefetchDepth + 1
    guard count > 0, slots <= released.count else { return 0 }
    let batch = Double(model.batch)
    let workers = Double(setting.workers)
    let stretch = model.stretch(workers: setting.workers)
    let leastInterval = model.ceiling.map { batch / $0 } ?? 0
    let rounds = (batch / workers).rounded(.up) - 1
    var (taken, free, held, stall) = (0.0, 0.0, 0.0, 0.0)
    var slot = 0
    for index in 0..<slots { released[index] = 0 }
    for step in 0..<2 * count {
      let index = step < count ? step : step - count
      let image = (history.read[index] + history.cpu[index] * stretch) / batch
      taken = max(taken + max(image * batch / workers, leastInterval), released[slot] + rounds * image)
      taken += history.pause[index]
      let done = taken + max(image, history.longest[index])
      if step >= count {
        stall += max(done - free, 0)
        held += history.hold[index]
      }
      free = max(done, free) + history.hold[index]
      released[slot] = free
      slot = slot + 1 == slots ? 0 : slot + 1
    }
    return held + stall > 0 ? stall / (held + stall) : 0
  }

  /// The shallowest depth of `depths` that keeps the stall share at or below `limit`; nil where not even the deepest does.
  ///
  /// More slots never make a batch later, so the answer is galloped towards from below, where it mostly lies, and then halved
  /// in on: a replay of a long record takes some hundredths of a millisecond of the consumer's time.
  mutating func shallowest(
    in depths: ClosedRange<Int>, workers: Int, limit: Double, history: borrowing TuningHistory, model: LoaderModel
  ) -> Int? {
    func isEnough(_ depth: Int, _ replay: inout Replay, _ history: borrowing TuningHistory) -> Bool {
      let setting = TuningSetting(workers: workers, prefetchDepth: depth)
      return replay.stallShare(of: setting, history: history, model: model) <= limit
    }
    if isEnough(depths.lowerBound, &self, history) { return depths.lowerBound }
    guard isEnough(depths.upperBound, &self, history) else { return nil }
    var (low, high) = (depths.lowerBound + 1, depths.upperBound)
    var stride = 1
    while low + stride < high {
      if isEnough(low + stride - 1, &self, history) {
        high = low + stride - 1
        break
      }
      low += stride
      stride *= 2
    }
    while low < high {
      let middle = (low + high) / 2
      if isEnough(middle, &self, history) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
