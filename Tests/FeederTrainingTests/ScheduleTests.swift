import FeederDetection
import FeederTorch
import FeederTraining
import FixtureSupport
import Foundation
import Testing

@Suite("Rates, averages and updates equal the reference")
struct ScheduleTests {
  /// Largest difference of two lists; infinite where their lengths differ.
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
        let point = schedule.point(batch: batch)
        let ours = [point.weightRate, point.weightRate, point.biasRate, point.momentum]
        #expect(distance(ours, Array(rates[4 * batch..<4 * batch + 4])) < 1e-12, "\(name), batch \(batch)")
        let isUpdate = batch - lastUpdate >= point.accumulation
        if isUpdate { lastUpdate = batch }
        #expect([point.accumulation, isUpdate ? 1 : 0] == Array(steps[2 * batch..<2 * batch + 2]), "\(name), \(batch)")
      }
    }
    try fixture.noteChecked()
  }

  // float32 accumulations over at most 17 updates: measured 1e-7.
  @Test(
    "The average of fixture i_ema follows every update within 1e-6, and integers stay",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)))
  func average() throws {
    let fixture = try Fixture("i_ema")
    let prefix = "ema.start."
    let keys = fixture.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    #expect(!keys.isEmpty)
    func tensor(_ name: String) throws -> Tensor {
      let values = try fixture.doubles(name)
      let isInteger = try fixture.type(name) == .i64
      let tensor = try Tensor(values, shape: fixture.shape(name))
      return try tensor.to(isInteger ? .int64 : .float32)
    }
    func entries() throws -> [StateEntry] {
      try keys.map { key in
        let isInteger = try fixture.type(prefix + key) == .i64
        let kind: StateKind = isInteger ? .counter : key.contains("running") ? .runningStatistic : .convolution
        return StateEntry(name: key, kind: kind, tensor: try tensor(prefix + key))
      }
    }
    let (averaged, model) = (try entries(), try entries())
    let average = try WeightAverage(averaged, of: model)
    let decays = try fixture.doubles("ema.decay")
    var step = 0
    while fixture.has("ema.model\(twoDigits(step)).\(keys[0])") {
      for entry in model { try entry.tensor.copy(from: tensor("ema.model\(twoDigits(step)).\(entry.name)")) }
      try average.update()
      #expect(abs(WeightAverage.decay(after: step + 1) - decays[step]) < 1e-12)
      for entry in averaged {
        let name = "ema.after\(twoDigits(step)).\(entry.name)"
        guard fixture.has(name) else { continue }
        #expect(distance(try entry.tensor.array(of: Double.self), try fixture.doubles(name)) < 1e-6, "\(name)")
      }
      step += 1
    }
    #expect(step == decays.count)
    for (count, value) in zip(try fixture.ints("ema.decay_at"), try fixture.doubles("ema.decay_value")) {
      #expect(abs(WeightAverage.decay(after: count) - value) < 1e-12)
    }
    try fixture.noteChecked()
  }

  private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  // float32 over 8 steps: measured 2e-7 (SGD) and 1e-6 (AdamW).
  @Test(
    "SGD and AdamW with clipping move the tensors of fixture i_optim within 5e-6",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)),
    arguments: [(OptimizerRule.sgd, 0.01, 0.937), (.adamw, 0.001, 0.9)])
  func optimizers(rule: OptimizerRule, firstRate: Double, momentum: Double) throws {
    let fixture = try Fixture("i_optim")
    let name = rule.rawValue
    func tensor(_ key: String) throws -> Tensor { try Tensor(fixture.floats(key), shape: fixture.shape(key)) }
    let kinds: [(String, StateKind)] = [("weight", .convolution), ("bn", .normScale), ("bias", .bias)]
    let entries = try kinds.map { StateEntry(name: $0, kind: $1, tensor: try tensor("\(name).start.\($0)")) }
    for entry in entries { try entry.tensor.setRequiresGradient() }
    let optimizer = try Optimizer(rule, state: entries, weightDecay: 5e-4)
    var rate = firstRate
    var step = 0
    while fixture.has("\(name).step\(step).grad.weight") {
      if step == 4 { rate /= 2 }
      for entry in entries { try (entry.tensor * tensor("\(name).step\(step).grad.\(entry.name)")).sum().backward() }
      let norm = try optimizer.clipGradients(to: 10).item()
      let reference = try fixture.doubles("\(name).step\(step).norm_before_clip")[0]
      #expect(abs(norm - reference) < 1e-5 * reference)
      try optimizer.step(
        LearningRateSchedule.Point(weightRate: rate, biasRate: rate, momentum: momentum, accumulation: 1))
      try optimizer.clearGradients()
      for entry in entries {
        let after = try fixture.doubles("\(name).step\(step).after.\(entry.name)")
        #expect(distance(try entry.tensor.array(of: Double.self), after) < 5e-6, "\(name), step \(step), \(entry.name)")
      }
      step += 1
    }
    #expect(step == 8)
    if rule == .adamw { try fixture.noteChecked() }
  }
}
