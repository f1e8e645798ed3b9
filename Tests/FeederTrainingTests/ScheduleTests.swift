import FeederDetection
import FeederTorch
import FeederTraining
import FeederFixtures
import Foundation
import Testing

@Suite("Learning rates equal the reference")
struct ScheduleTests {
  /// Largest difference of two lists; infinite if their lengths differ.
  private func distance(_ left: [Double], _ right: [Double]) -> Double {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).map { abs($0 - $1) }.max() ?? 0
  }

  @Test(
    "Learning rate, momentum and accumulation of every case of fixture i_lr, batch by batch within 1e-12",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)))
  func learningRates() throws {
    let fixture = try Fixture("i_lr")
    let cases = try #require(try fixture.json("cases") as? [String: [String: Any]])
    #expect(!cases.isEmpty)
    for (name, options) in cases {
      var settings = LearningRateSchedule.Settings()
      settings.epochs = try #require(options["epochs"] as? Int)
      settings.batchesPerEpoch = try #require(options["nb"] as? Int)
      settings.batch = try #require(options["batch"] as? Int)
      settings.cosine = (options["cos"] as? Bool) ?? false
      if let lr0 = options["lr0"] as? Double { settings.lr0 = lr0 }
      if let lrf = options["lrf"] as? Double { settings.lrf = lrf }
      let schedule = LearningRateSchedule(settings)
      let rates = try fixture.doubles(name + ".lr_weight_bn_bias_momentum")
      let steps = try fixture.ints(name + ".accumulate_stepped")
      #expect(rates.count == settings.epochs * settings.batchesPerEpoch * 4)
      var lastUpdate = -1
      for batch in 0..<rates.count / 4 {
        let point = schedule.point(batch: batch, epoch: batch / settings.batchesPerEpoch)
        let ours = [point.weightRate, point.weightRate, point.biasRate, point.momentum]
        #expect(distance(ours, Array(rates[4 * batch..<4 * batch + 4])) < 1e-12, "\(name), batch \(batch)")
        let isUpdate = batch - lastUpdate >= point.accumulation
        if isUpdate { lastUpdate = batch }
        #expect([point.accumulation, isUpdate ? 1 : 0] == Array(steps[2 * batch..<2 * batch + 2]), "\(name), \(batch)")
      }
    }
    try fixture.noteChecked()
  }
}
