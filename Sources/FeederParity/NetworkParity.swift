import FeederDetection
import FeederTorch
import FeederFixtures

/// Compares the whole network: forward in evaluation and training, loss, backward, and the norms' statistics. Bounds
/// are about 20 times the measured distance; those for batch statistics over few values are the largest.
struct NetworkParity {
  private let fixture: Fixture
  private let record: ParityRecord
  private let model: DetectionNetwork
  private let byName: [String: Tensor]

  /// A network with the weights from the file `weights`.
  init(_ fixture: Fixture, weights: Fixture, _ record: ParityRecord) throws {
    self.fixture = fixture
    self.record = record
    let classes = try weights.shape(ModelDesign.yolov8n.classBias)[0]
    model = try DetectionNetwork(.yolov8n, classCount: classes, device: record.device)
    for entry in model.state where weights.has(entry.name) {
      try entry.tensor.copy(from: weights.tensor(entry.name, on: record.device))
    }
    byName = Dictionary(uniqueKeysWithValues: model.state.map { ($0.name, $0.tensor) })
    record.equal("names", Set(model.state.map(\.name)), Set(weights.names))
  }

  func compare() throws {
    let input = try fixture.tensor("input", on: record.device)
    let (height, width) = (input.extent(2), input.extent(3))
    let anchors = try Anchors(model.design.strides, height: height, width: width, device: record.device)
    try withoutGradients {
      let levels = try model(input, training: false)
      for (index, level) in levels.enumerated() { try largest(level, "eval.level\(index)", 2e-5) }
      try largest(HeadOutput(levels: levels, classCount: model.classCount).predictions(anchors), "eval.decoded", 1e-3)
    }
    for entry in model.state where entry.kind.isLearned { try entry.tensor.setRequiresGradient() }
    let levels = try model(input, training: true)
    for (index, level) in levels.enumerated() {
      try largest(level, "train.level\(index)", 5e-4)
      try relative(level, "train.level\(index)", 2e-5)
    }
    let value = try DetectionLoss()(
      HeadOutput(levels: levels, classCount: model.classCount), anchors: anchors, targets: fixture.targets("targets."),
      height: height, width: width)
    try relative(value.items, "train.items", 1e-5)
    try relative(value.itemsTimesBatch, "train.loss_times_batch", 1e-5)
    try value.total.backward()
    try compareGradients()
    try compareStatistics()
  }

  private func largest(_ ours: Tensor, _ name: String, _ bound: Double) throws {
    record.largest(name, try ours.doubles(), try fixture.doubles(name), within: bound)
  }

  private func relative(_ ours: Tensor, _ name: String, _ bound: Double) throws {
    record.relative(name, try ours.doubles(), try fixture.doubles(name), within: bound)
  }

  private func compareGradients() throws {
    let names = try fixture.required(try fixture.json("grad_names") as? [String], "grad_names")
    record.equal("grad_names", names.count, model.state.filter(\.kind.isLearned).count)
    let (norms, sums) = (try fixture.doubles("train.grad_norms"), try fixture.doubles("train.grad_sums"))
    for (index, name) in names.enumerated() {
      let gradient = try fixture.required(byName[name], name).gradientDoubles()
      let norm = gradient.map { $0 * $0 }.reduce(0, +).squareRoot()
      record.largest("norm of \(name)", [norm], [norms[index]], within: max(2e-4 * norms[index], 1e-6))
      // A sum of cancelling terms is no more exact than its terms: with one thread, the sum for model.7.conv.weight
      // differs by 1e-6 of them.
      let sumBound = max(2e-2, 2e-6 * norms[index] * Double(gradient.count).squareRoot())
      record.largest("sum of \(name)", [gradient.reduce(0, +)], [sums[index]], within: sumBound)
    }
    for key in fixture.names where key.hasPrefix("train.grad.") {
      let name = String(key.dropFirst("train.grad.".count))
      let ours = try fixture.required(byName[name], name).gradientDoubles()
      let reference = try fixture.doubles(key)
      if (reference.map(abs).max() ?? 0) < 1e-9 {
        record.largest(key, ours, reference, within: 1e-9)
      } else {
        record.relative(key, ours, reference, within: 2e-4)
      }
    }
  }

  private func compareStatistics() throws {
    let names = try fixture.required(try fixture.json("bn_after_names") as? [String], "bn_after_names")
    let ours = try names.flatMap { try fixture.required(byName[$0], $0).doubles() }
    record.largest("train.bn_after", ours, try fixture.doubles("train.bn_after"), within: 5e-6)
  }
}
