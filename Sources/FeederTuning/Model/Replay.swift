import Foundation

/// The natural logarithm.
func logarithm(_ value: Double) -> Double { log(value) }

/// Computes the stall that the recorded batches would have had with another setting.
///
/// The recursion is exact over batches, not over images. With A the time at which the last image of a batch is taken, F
/// the time at which it is done, R the time at which the slot is free again, s seconds per image, w workers and k
/// slots:
///
///     A[j] = max(A[j-1] + B s / w, R[j-k] + (ceil(B / w) - 1) s) + pause[j]
///     F[j] = A[j] + longest[j];   take[j] = max(R[j-1], F[j]);   R[j] = take[j] + hold[j]
///
/// It assumes no distribution: the record contains pauses, bursts and slow images. The record is replayed twice in a
/// ring and only the second round counts, so the first batches have no advantage.
struct Replay: Sendable {
  private var released = [Double](repeating: 0, count: 2048)

  /// The share of the consumer's time that is stall under `setting`; 0 without a record.
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

  /// The shallowest depth in `depths` with a stall share of at most `limit`; nil if none has.
  ///
  /// More slots never make a batch later, so a galloping search from below, then bisection, finds it. A replay of a
  /// long record takes a few hundredths of a millisecond of the consumer's time.
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
