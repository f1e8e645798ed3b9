/// The setting that a run's tuner found, with which the next run begins.
package struct LearnedSetting: Sendable, Equatable {
  /// The setting at the end of the run.
  package let setting: TuningSetting
  /// Steps from which it was learned, including steps of earlier runs.
  package let stepCount: Int

  /// A setting and the number of steps behind it.
  package init(setting: TuningSetting, stepCount: Int) {
    self.setting = setting
    self.stepCount = stepCount
  }
}
