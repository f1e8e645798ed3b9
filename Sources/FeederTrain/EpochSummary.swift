import FeederTraining

/// The figures of an epoch.
public struct EpochSummary: Sendable {
  /// The epoch, counted from 0.
  public let epoch: Int
  /// Seconds of training and validation.
  public let seconds: Double
  /// Mean losses of the training batches.
  public let boxLoss, classLoss, distributionLoss: Double
  /// Accuracy of the EMA weights on the validation split: mean average precision at an overlap of 0.5, and over 0.5 to 0.95; nil if the split has no box.
  public let map50, map50_95: Double?
  /// Precision and recall on the validation split, mean over the classes, at the confidence of the best F1.
  public let precision, recall: Double?
  /// Images per second of the training batches.
  public let imagesPerSecond: Double
  /// Share of the training time in which the step waited for a batch, 0 to 1.
  public let stallShare: Double

  init(_ report: EpochReport) {
    (epoch, seconds) = (report.epoch, report.seconds)
    (boxLoss, classLoss, distributionLoss) = (report.losses[0], report.losses[1], report.losses[2])
    (map50, map50_95) = (report.accuracy.map50, report.accuracy.map50_95)
    (precision, recall) = (report.accuracy.precision, report.accuracy.recall)
    (imagesPerSecond, stallShare) = (report.imagesPerSecond, report.stallShare)
  }
}
