import FeederCore

/// An error that ends training or validation. Each line says what, where, and what to do next.
package enum TrainingError: SettingsError {
  /// Neither the newest checkpoint nor the one before can be read, with both reasons. `best` is the path of readable
  /// weights.
  case noCheckpoint(String, String, best: String?)
  /// The loss or the gradient norm is not a number.
  case diverged(epoch: Int, step: Int)
  /// `place`, a layer's output or a gradient, overflowed float16 in so many steps in a row that loss scaling cannot
  /// help.
  case overflow(place: String, stepCount: Int, epoch: Int)
  /// Memory ran out, and the work cannot be split further.
  case outOfMemory(work: String, imageCount: Int, reason: String)

  /// Another rank has ended or does not answer, as seen from `rank`.
  case rankLost(rank: Int, reason: String)
  /// These ranks hold other weights than rank 0.
  case ranksDiffer(ranks: [Int], moment: String)

  /// The error in one line.
  package var line: SettingLine {
    switch self {
    case .noCheckpoint(let last, let previous, let best):
      "\(last); \(previous); no checkpoint is left to resume from: train without \(setting: "resume")"
        + (best.map { ", with \(setting: "weights") \($0)" as SettingLine } ?? "")
    case .diverged(let epoch, let step):
      "the loss is not a number at step \(step) of epoch \(epoch + 1): resume with \(setting: "precision") fp32 if the run has "
        + "another, or begin a new run with a smaller \(setting: "lr0")"
    case .overflow(let place, let stepCount, let epoch):
      "\(place) leaves the range of float16 in \(stepCount == 1 ? "a step" : "\(stepCount) steps in a row") of epoch \(epoch + 1): "
        + "resume with \(setting: "precision") bf16 or fp32, or begin a new run with a smaller \(setting: "lr0")"
    case .outOfMemory(let work, let imageCount, let reason):
      "memory ran out in \(work) of \(imageCount == 1 ? "one image" : "\(imageCount) images") (\(reason)): try a smaller \(setting: "batch"), \(setting: "image_size"), \(setting: "model") or "
        + "\(setting: "memory")"
    case .rankLost(let rank, let reason):
      "rank \(rank): another rank has ended or does not answer (\(reason)); its own line says why"
    case .ranksDiffer(let ranks, let moment):
      "\(moment) rank\(ranks.count == 1 ? "" : "s") \(ranks.map(String.init).joined(separator: ", ")) and rank 0 hold different "
        + "weights: all ranks need the same Feeder, libtorch, settings and start weights; the last checkpoint is rank 0's"
    }
  }
}
