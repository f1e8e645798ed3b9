import FeederCache
import FeederCore

/// An error that stops a loader.
package enum LoaderError: SettingsError, Equatable {
  /// A data set without images.
  case noImages
  /// One worker and one batch of prefetch do not fit the memory budget. Both numbers are bytes.
  case budgetTooSmall(budget: Int, minimum: Int)
  /// The host has no memory for a slot.
  case outOfMemory(byteCount: Int)
  /// The consumer asks for a batch but holds every slot; the number is the slot count.
  case everySlotLent(Int)
  /// More images are damaged than the run allows.
  case tooManyDamaged([QuarantinedImage], imageCount: Int, allowed: Int)
  /// `cancel()` was called.
  case cancelled

  /// The fault and the remedy, with the settings that matter.
  package var line: SettingLine {
    switch self {
    case .noImages: return "the data set has no images: check the image folder that its data.yaml names"
    case .budgetTooSmall(let budget, let minimum):
      return
        "the loader needs at least \(ByteCount(minimum)) (\(minimum) bytes) for batches, decoding and the epoch's order, and "
        + "\(setting: "memory") leaves it \(ByteCount(max(budget, 0))): raise \(setting: "memory"), or lower \(setting: "batch") or \(setting: "image_size")"
    case .outOfMemory(let byteCount):
      return "no memory for a batch of \(ByteCount(byteCount)): lower \(setting: "batch") or \(setting: "image_size")"
    case .everySlotLent(let count):
      return "all \(count) batch slots are held by the caller: release a batch before asking for the next one"
    case .tooManyDamaged(let images, let imageCount, let allowed):
      let list = images.prefix(20).map { "\($0.imageID) (\($0.reason))" }.joined(separator: "; ")
      let rest = images.count > 20 ? "; and \(images.count - 20) more" : ""
      return "\(images.count) of \(imageCount) images are damaged, and at most \(allowed) may be: \(list)\(rest); "
        + "replace or remove these files"
    case .cancelled: return "loading was cancelled"
    }
  }
}
