import FeederDetection
import FeederTorch
import FeederTraining
import FeederFixtures

/// Compares the updates of each step: EMA, optimizers, loss scale.
enum UpdateParity {
  /// Every EMA update within 1e-6 (float32 over at most 17 updates: 1e-7 measured). Integers do not change.
  static func average(_ fixture: Fixture, _ record: ParityRecord) throws {
    let prefix = "ema.start."
    let keys = fixture.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    let first = try fixture.required(keys.first, "tensor \(prefix)...")
    func isInteger(_ name: String) throws -> Bool { try fixture.type(name) == .i64 }
    func tensor(_ name: String) throws -> Tensor {
      try Tensor(fixture.doubles(name), shape: fixture.shape(name)).to(isInteger(name) ? .int64 : .float32).to(
        record.device)
    }
    func entries() throws -> [StateEntry] {
      try keys.map { key in
        let kind: StateKind =
          try isInteger(prefix + key) ? .counter : key.contains("running") ? .runningStatistic : .convolution
        return StateEntry(name: key, kind: kind, tensor: try tensor(prefix + key))
      }
    }
    let (averaged, model) = (try entries(), try entries())
    let average = try WeightAverage(averaged, of: model)
    let decays = try fixture.doubles("ema.decay")
    var step = 0
    while fixture.has("ema.model\(twoDigits(step)).\(first)") {
      for entry in model { try entry.tensor.copy(from: tensor("ema.model\(twoDigits(step)).\(entry.name)")) }
      try average.update()
      record.largest("ema.decay \(step)", [WeightAverage.decay(after: step + 1)], [decays[step]], within: 1e-12)
      for entry in averaged {
        let name = "ema.after\(twoDigits(step)).\(entry.name)"
        guard fixture.has(name) else { continue }
        record.largest(name, try entry.tensor.doubles(), try fixture.doubles(name), within: 1e-6)
      }
      step += 1
    }
    record.equal("updates", step, decays.count)
    for (count, value) in zip(try fixture.ints("ema.decay_at"), try fixture.doubles("ema.decay_value")) {
      record.largest("ema.decay_at \(count)", [WeightAverage.decay(after: count)], [value], within: 1e-12)
    }
  }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// SGD and AdamW with clipping within 5e-6 (float32 over 8 steps: 2e-7 and 1e-6 measured).
  static func optimizers(_ fixture: Fixture, _ record: ParityRecord) throws {
    for (rule, rate, momentum) in [(OptimizerRule.sgd, 0.01, 0.937), (.adamw, 0.001, 0.9)] {
      try optimizer(rule, rate, momentum, fixture, record)
    }
  }

  private static func optimizer(
    _ rule: OptimizerRule, _ firstRate: Double, _ momentum: Double, _ fixture: Fixture, _ record: ParityRecord
  ) throws {
    let name = rule.rawValue
    let kinds: [(String, StateKind)] = [("weight", .convolution), ("bn", .normScale), ("bias", .bias)]
    let entries = try kinds.map {
      StateEntry(name: $0, kind: $1, tensor: try fixture.tensor("\(name).start.\($0)", on: record.device))
    }
    for entry in entries { try entry.tensor.setRequiresGradient() }
    let optimizer = try Optimizer(rule, state: entries, weightDecay: 5e-4)
    var rate = firstRate
    var step = 0
    while fixture.has("\(name).step\(step).grad.weight") {
      if step == 4 { rate /= 2 }
      let key = "\(name).step\(step)"
      for entry in entries {
        try (entry.tensor * fixture.tensor("\(key).grad.\(entry.name)", on: record.device)).sum().backward()
      }
      let norm = try optimizer.clipGradients(to: 10).item()
      let reference = try fixture.doubles("\(key).norm_before_clip")[0]
      record.largest("\(key).norm_before_clip", [norm], [reference], within: 1e-5 * reference)
      try optimizer.step(
        LearningRateSchedule.Point(weightRate: rate, biasRate: rate, momentum: momentum, accumulation: 1))
      try optimizer.clearGradients()
      for entry in entries {
        let after = "\(key).after.\(entry.name)"
        record.largest(after, try entry.tensor.doubles(), try fixture.doubles(after), within: 5e-6)
      }
      step += 1
    }
    record.equal("\(name) steps", step, 8)
  }

  /// Scale, skipped steps and growth counter must be equal.
  static func lossScaling(_ fixture: Fixture, _ record: ParityRecord) throws {
    let cases = try fixture.required(try fixture.json("cases") as? [String: [String: Any]], "cases")
    record.equal("there are cases", cases.isEmpty, false)
    for (name, options) in cases {
      func number(_ key: String) throws -> Double {
        try fixture.required((options[key] as? Double) ?? (options[key] as? Int).map(Double.init), "\(key) of \(name)")
      }
      var settings = LossScaler.Settings()
      settings.initialScale = try number("init_scale")
      settings.growthFactor = try number("growth_factor")
      settings.backoffFactor = try number("backoff_factor")
      settings.growthInterval = Int(try number("growth_interval"))
      let scaler = try LossScaler(settings, device: record.device)
      let scales = try fixture.doubles(name + ".scale_before_after")
      let facts = try fixture.ints(name + ".kind_skipped_tracker")
      for step in 0..<scales.count / 2 {
        let subject = "\(name), step \(step)"
        record.equal(subject + ", scale before", try scaler.scale.item(), scales[2 * step])
        let value = [1, Float.infinity, -Float.infinity, Float.nan][facts[3 * step]]
        let gradient = try Tensor([1, value], shape: [2]).to(record.device)
        record.equal(subject + ", skipped", try scaler.unscale([gradient]), facts[3 * step + 1] == 1)
        try scaler.update()
        record.equal(subject + ", scale after", try scaler.scale.item(), scales[2 * step + 1])
        record.equal(subject + ", growth", Int(try scaler.growthTracker.item()), facts[3 * step + 2])
      }
    }
  }
}
