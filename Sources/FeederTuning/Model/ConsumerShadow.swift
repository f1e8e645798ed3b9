/// Follows the consumer step by step through `Replay`'s recursion, on the times that were really seen: what it waited beyond
/// what the costs of its batches explain is a standstill that nobody measured.
///
/// The system takes a core away, a thread wakes late, memory is slow to come: no image's cost shows it, the consumer's waiting
/// does. Entered into the record as a pause, the replay asks for the depth that would have ridden it out.
struct ConsumerShadow: Sendable {
  private var released = [Double](repeating: 0, count: 2048)
  private var slot = 0
  private var taken = 0.0
  private var free = 0.0

  /// Takes a step made under `setting`; the seconds of its waiting that are unexplained.
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
    // Where the batch came later than thought, or sooner, the clock of the workers is set by what was seen.
    if step.stallSeconds > 0 || unexplained < 0 { taken += free + step.stallSeconds - done }
    free += step.stallSeconds + step.holdSeconds
    released[slot] = free
    slot = (slot + 1) % 2048
    return max(unexplained, 0)
  }
}
