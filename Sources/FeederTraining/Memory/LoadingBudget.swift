import FeederCache
import FeederCore
import FeederLoader

/// One byte budget shared by the loaders of training and validation, which live side by side for a whole run.
///
/// Validation gets what two batches of prefetch take, or one where bytes are short; training gets all the rest.
struct LoadingBudget {
  let training: LoaderSettings
  let validation: LoaderSettings
  /// Bytes of both as they begin; the tuner may raise it to the whole budget.
  let byteCount: Int
  /// The plan in one line, for people.
  let line: String

  /// Shares `bytes`; nil sets no limit. Throws `LoaderError.budgetTooSmall` with the minimum of both.
  init(
    _ bytes: Int?, training: LoaderSettings, of trainSource: any ImageSource, validation: LoaderSettings,
    of validationSource: any ImageSource
  ) throws {
    var (training, validation) = (training, validation)
    training.memoryBudget = nil
    validation.memoryBudget = nil
    var trainingPlan = try Loader.plan(trainSource, training)
    var validationPlan = try Loader.plan(validationSource, validation)
    if let bytes {
      let minimum = trainingPlan.minimum + validationPlan.minimum
      guard minimum <= bytes else { throw LoaderError.budgetTooSmall(budget: bytes, minimum: minimum) }
      validation.memoryBudget = min(validationPlan.byteCount, bytes - trainingPlan.minimum)
      validationPlan = try Loader.plan(validationSource, validation)
      training.memoryBudget = bytes - validationPlan.byteCount
      trainingPlan = try Loader.plan(trainSource, training)
    }
    self.training = training
    self.validation = validation
    byteCount = trainingPlan.byteCount + validationPlan.byteCount
    line =
      "memory: training \(trainingPlan.line); validation \(validationPlan.line)"
      + (bytes.map { "; \(ByteCount($0)) in all" } ?? "")
  }
}
