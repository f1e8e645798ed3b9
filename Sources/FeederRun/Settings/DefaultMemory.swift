import FeederCache
import FeederCore

/// The value of `--memory` if it is not given.
package enum DefaultMemory {
  /// The bytes, measured and printed once per process: measured later, the run's own memory would reduce them.
  package static let bytes: ByteCount = {
    let limit = MemoryLimit()
    Terminal.say(limit.line)
    return ByteCount(limit.defaultBudget)
  }()
}
