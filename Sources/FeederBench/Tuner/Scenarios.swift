import FeederTuning

/// The difference between a set of scenarios and the set that the tuner was developed on: other rates, times and costs.
package struct Variation: Sendable {
  /// A mark after the scenario's letter.
  package var mark = ""
  /// Factor on the step time. All costs scale with it, so the utilisation stays the same.
  package var pace = 1.0
  /// Steps by which changes are later.
  package var delay = 0
  /// Cores of the machine. Costs scale with them, so the utilisation stays the same.
  package var cores = 8
  /// Share of decoding in an image's CPU seconds.
  package var decodeShare = 0.7
  /// Factor on the variation of costs.
  package var variation = 1.0

  /// The set that the tuner was developed on.
  package init() {}
}

extension Scenario {
  /// Scenarios A to I.
  package static func all(_ variation: Variation = Variation()) -> [Scenario] {
    let make = ScenarioMaker(variation)
    return [make.a, make.b, make.c, make.d, make.e, make.f, make.g, make.h, make.i]
  }
}

/// Builds the nine scenarios of a variation from their utilisations.
private struct ScenarioMaker {
  let variation: Variation
  /// Default seconds of the device's step.
  let step: Double

  init(_ variation: Variation) {
    self.variation = variation
    step = 0.05 * variation.pace
  }

  private var cores: Double { Double(variation.cores) }
  private let fastStorage = 2e9

  /// A scenario in which all cores need `utilisation` steps for a batch.
  private func base(_ name: String, _ title: String, utilisation: Double, spread: Double, bar: Double) -> Scenario {
    let image = utilisation * step * cores / 16
    return Scenario(
      name: name + variation.mark, title: title, cores: variation.cores,
      decodeSeconds: image * variation.decodeShare, augmentSeconds: image * (1 - variation.decodeShare),
      batchVariation: spread * variation.variation, phases: [phase(0, .device)], regretBar: bar)
  }

  private func phase(
    _ firstStep: Int, _ stage: LimitingStage, step seconds: Double? = nil, storage: Double? = nil,
    decode factor: Double = 1, cores share: Double = 1
  ) -> Phase {
    Phase(
      firstStep: firstStep == 0 ? 0 : firstStep + variation.delay,
      conditions: Conditions(
        stepSeconds: seconds ?? step, storageRate: storage ?? fastStorage, cores: cores * share,
        decodeFactor: factor),
      stage: stage)
  }

  private var cpuStage: LimitingStage { variation.decodeShare >= 0.5 ? .decode : .augment }

  var a: Scenario { base("A", "steady, loader twice as fast", utilisation: 0.5, spread: 0.05, bar: 0.005) }

  var b: Scenario {
    var scenario = base("B", "near balance, rho 0.9, c2 1", utilisation: 0.9, spread: 1, bar: 0.005)
    scenario.phases = [phase(0, .balanced)]
    scenario.stepCount = 10_000
    return scenario
  }

  /// Starts with a slower device and with pauses, so that there is memory to give back. No rule can foresee the first
  /// pause.
  var c: Scenario {
    var scenario = base("C", "loader bound, rho 1.5, after pauses", utilisation: 1.5, spread: 0.05, bar: 0.005)
    let slower = phase(0, .balanced, step: step * 1.5 / 0.87)
    scenario.phases = [
      slower, Phase(firstStep: 140, conditions: slower.conditions, stage: .balanced), phase(450, cpuStage),
    ]
    scenario.pause = (0.6 * variation.pace, 150)
    scenario.stepCount = 4400
    return scenario
  }

  var d: Scenario {
    var scenario = base("D", "storage at 30 % from 500 to 1500", utilisation: 0.4, spread: 0.05, bar: 0.02)
    let enough = 2.5 * 16 * scenario.imageBytes / step
    scenario.phases = [
      phase(0, .device, storage: enough), phase(500, .read, storage: enough * 0.3),
      phase(1500, .device, storage: enough),
    ]
    scenario.stepCount = 2500
    return scenario
  }

  var e: Scenario {
    let factor = 1 + 2 * variation.decodeShare
    var scenario = base(
      "E", "decode cost x 3 at 500", utilisation: 0.9 / factor, spread: 0.05, bar: 0.02)
    scenario.phases = [phase(0, .device), phase(500, .balanced, decode: 3)]
    return scenario
  }

  var f: Scenario {
    var scenario = base("F", "step time halves at 500", utilisation: 0.45, spread: 0.1, bar: 0.02)
    scenario.phases = [phase(0, .device), phase(500, .balanced, step: step / 2)]
    return scenario
  }

  /// No rule can foresee the first pause. The buffer can cover later ones, so a phase starts shortly before the second.
  var g: Scenario {
    var scenario = base("G", "pauses of 300 ms every 200 steps", utilisation: 0.6, spread: 0.05, bar: 0.02)
    scenario.pause = (0.3 * variation.pace, 200)
    scenario.phases = [
      phase(0, .device), Phase(firstStep: 190, conditions: phase(0, .device).conditions, stage: .device),
    ]
    return scenario
  }

  var h: Scenario {
    var scenario = base("H", "budget of three batches", utilisation: 0.6, spread: 0.3, bar: 0.005)
    scenario.byteBudget = 3 * scenario.slotByteCount + variation.cores * scenario.scratchByteCount
    return scenario
  }

  var i: Scenario {
    var scenario = base("I", "another process takes half the cores at 500", utilisation: 0.62, spread: 0.05, bar: 0.02)
    scenario.phases = [phase(0, .device), phase(500, cpuStage, cores: 0.5)]
    return scenario
  }
}
