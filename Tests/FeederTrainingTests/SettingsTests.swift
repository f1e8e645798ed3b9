import FeederCore
import FeederTraining
import Testing

@Suite("Settings out of range are refused by name and value")
struct SettingsTests {
  @Test("Each wrong value is one line that names its setting, and its flag on the command line")
  func ranges() throws {
    let changes: [(String, (inout TrainingRequest) -> Void)] = [
      ("epochs -1", { $0.epochs = -1 }), ("batch 0", { $0.batch = 0 }), ("image_size 100", { $0.imageSize = 100 }),
      ("lr0 nan", { $0.lr0 = .nan }), ("lrf 2", { $0.lrf = 2 }), ("momentum 1", { $0.momentum = 1 }),
      ("patience -3", { $0.patience = -3 }), ("nominal_batch 0", { $0.nominalBatch = 0 }),
      ("weight_decay -0.1", { $0.weightDecay = -0.1 }), ("close_mosaic -1", { $0.closeMosaic = -1 }),
      ("workers 0", { $0.workers = 0 }), ("channels 2", { $0.channels = 2 }), ("memory 0", { $0.memory = 0 }),
      ("max_detections 0", { $0.maxDetections = 0 }), ("hsv_h 2", { $0.augmentation.hsvH = 2 }),
    ]
    for (words, change) in changes {
      var request = TrainingRequest()
      change(&request)
      let error = #expect(throws: SettingError.self) { try request.check() }
      #expect(error?.description.hasPrefix(words) == true, "\(words): \(error?.description ?? "no error")")
      #expect(error?.line.flags.hasPrefix("--" + words.replacing("_", with: "-")) == true)
    }
    try TrainingRequest().check()
  }

  @Test("The batch size counts all ranks' images, so the ranks must be able to share it")
  func sharedBatch() throws {
    var request = TrainingRequest()
    request.batch = 6
    let place = { RankPlace(rank: 0, count: $0, localRank: 0, localCount: $0) }
    try RunPlan(request, at: place(3)).check()
    let error = #expect(throws: SettingError.self) { try RunPlan(request, at: place(4)).check() }
    #expect(error?.description == "batch 6: it counts the images of all 4 ranks; give a multiple of 4")
  }

  @Test("The text of every default can be read back, and every key occurs once")
  func roundTrip() throws {
    var request = TrainingRequest()
    for setting in SettingTable.all {
      try setting.text(request).map { try setting.read($0, into: &request) }
      #expect(setting.text(request) == setting.text(TrainingRequest()), "\(setting.key)")
      #expect(!setting.help.isEmpty && "\(setting.allowed)".isEmpty == false, "\(setting.key)")
    }
    #expect(Set(SettingTable.all.map(\.key)).count == SettingTable.all.count)
  }

  @Test("A plan keeps the request, and adds what was found")
  func plan() {
    var request = TrainingRequest()
    (request.batch, request.precision) = (nil, .auto)
    let draft = RunPlan(request)
    #expect(draft.settled.batch == nil && draft.epochs == request.epochs)
    let plan = draft.with(batch: 24, precision: .fp32, tensorLimit: 7)
    #expect(plan.batch == 24 && plan.precision == .fp32 && plan.tensorLimit == 7 && plan.request.batch == nil)
    #expect(plan.settled.batch == 24 && plan.settled.precision == .fp32)
    #expect(plan.settled.engineThreads == plan.engineThreads)
  }
}
