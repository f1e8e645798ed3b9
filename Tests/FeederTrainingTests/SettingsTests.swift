import FeederTraining
import Testing

@Suite("Settings out of their range are refused by flag and value")
struct SettingsTests {
  @Test("Each wrong value is one line that names its flag")
  func ranges() throws {
    let changes: [(String, (inout TrainingSettings) -> Void)] = [
      ("--epochs -1", { $0.epochs = -1 }), ("--batch 0", { $0.batch = 0 }),
      ("--image-size 100", { $0.imageSize = 100 }),
      ("--lr0 nan", { $0.lr0 = .nan }), ("--lrf 2", { $0.lrf = 2 }), ("--momentum 1", { $0.momentum = 1 }),
      ("--patience -3", { $0.patience = -3 }), ("--nominal-batch 0", { $0.nominalBatch = 0 }),
      ("--weight-decay -0.1", { $0.weightDecay = -0.1 }), ("--close-mosaic -1", { $0.closeMosaic = -1 }),
    ]
    for (flag, change) in changes {
      var settings = TrainingSettings()
      change(&settings)
      let error = #expect(throws: TrainingError.self) { try settings.check() }
      #expect(error?.description.hasPrefix(flag) == true, "\(flag): \(error?.description ?? "no error")")
    }
    try TrainingSettings().check()
  }
}
