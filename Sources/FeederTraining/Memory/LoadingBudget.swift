import FeederCache
import FeederCore
import FeederLoader

/// One byte budget for the loaders of training and validation, which both exist for the whole run.
///
/// Validation gets the bytes for a prefetch depth of two, or one if the budget is small. Training gets the rest.
struct LoadingBudget {
  let training: LoaderSettings
  let validation: LoaderSettings
  /// Bytes that both loaders hold at the start; the tuner may raise them up to the budget.
  let byteCount: Int
  /// The plan in one line, for people.
  let line: String

  /// Divides `bytes`; nil sets no limit. Throws `LoaderError.budgetTooSmall`, with the minimum of both loaders, if
  /// `bytes` is less than that.
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
