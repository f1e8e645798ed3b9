import FeederCache
import FeederCore

/// What `--memory` is if nobody gives it.
package enum DefaultMemory {
  /// The bytes, asked for and said once per process: later the run's own memory would count against them.
  package static let bytes: ByteCount = {
    let limit = MemoryLimit()
    Terminal.say(limit.line)
    return ByteCount(limit.defaultBudget)
  }()
}
