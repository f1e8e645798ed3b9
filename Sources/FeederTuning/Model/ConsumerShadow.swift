/// Finds pauses that no cost explains: the measured stall of a step minus the stall that `Replay`'s recursion computes
/// from the costs of its batch.
///
/// The system may take a core away, wake a thread late or deliver memory slowly. No image's cost shows this, but the
/// consumer's stall does. Recorded as a pause, it makes the replay choose a depth that would have absorbed it.
struct ConsumerShadow: Sendable {
  private var released = [Double](repeating: 0, count: 2048)
  private var slot = 0
  private var taken = 0.0
  private var free = 0.0

  /// Adds a step made under `setting`. Returns the unexplained seconds of its stall.
  mutating func unexplainedSeconds(_ step: TuningStep, setting: TuningSetting, model: LoaderModel) -> Double {
    let batch = Double(model.batch)
    let workers = Double(setting.workers)
    let image = (step.readSeconds + step.cpuSeconds * model.stretch(workers: setting.workers)) / batch
    let interval = max(image * batch / workers, model.ceiling.map { batch / $0 } ?? 0)
    let rounds = (batch / workers).rounded(.up) - 1
    let back = (slot + 2048 - min(setting.prefetchDepth + 1, 2047)) % 2048
    taken = max(taken + interval, released[back] + rounds * image)
    let done = taken + max(image, step.longestImageSeconds)
    let unexplained = free + step.stallSeconds - max(done, free)
    // If the batch came later or earlier than computed, the workers' clock is set to the observed time.
    if step.stallSeconds > 0 || unexplained < 0 { taken += free + step.stallSeconds - done }
    free += step.stallSeconds + step.holdSeconds
    released[slot] = free
    slot = (slot + 1) % 2048
    return max(unexplained, 0)
  }
}
