/// What a run's tuner found, for the next run to begin with.
package struct LearnedSetting: Sendable, Equatable {
  /// The setting at the end.
  package let setting: TuningSetting
  /// Steps it was learned from, those of earlier runs included.
  package let stepCount: Int

  /// A setting and the steps behind it.
  package init(setting: TuningSetting, stepCount: Int) {
    self.setting = setting
    self.stepCount = stepCount
  }
}
