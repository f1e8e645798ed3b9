import BoardSupport
import FeederCache
import FeederCore
import Foundation
import Testing

@testable import FeederLoader
@testable import FeederTuning

@Suite("A tuner's result is kept for the next run, and used only if it is whole and meant for that run")
struct LearnedSettingTests {
  private let learned = LearnedSetting(setting: TuningSetting(workers: 3, prefetchDepth: 5), stepCount: 640)

  private func settings(batch: Int = 4, budget: Int? = nil) -> LoaderSettings {
    LoaderSettings(
      batch: batch, imageSize: 32, mode: .training(AugmentationSettings()), workers: 2, prefetchDepth: 8,
      memoryBudget: budget)
  }

  @Test("what was written is read, a missing file says nothing, another purpose gets nothing and one line")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let file = LearnedSettingFile(path: folder.url.appending(path: "a.json").path, purpose: "this run")
    #expect(file.read { _ in Issue.record("nothing is there") } == nil)
    try file.write(learned)
    #expect(file.read { Issue.record("\($0)") } == learned)
    try file.write(LearnedSetting(setting: TuningSetting(workers: 1, prefetchDepth: 2), stepCount: 9))
    #expect(file.read { Issue.record("\($0)") }?.stepCount == 9)
    var lines: [String] = []
    #expect(LearnedSettingFile(path: file.path, purpose: "another").read { lines.append($0.description) } == nil)
    #expect(lines.count == 1 && lines[0].contains("a.json"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["a.json"], "nothing half-written stays")
  }

  @Test(
    "a damaged file is ignored with one line",
    arguments: [
      "", "{", "[]", "null", "{\"format\": 1}",
      "{\"format\":2,\"learned_for\":\"p\",\"workers\":2,\"prefetch_depth\":2,\"steps\":2}",
      "{\"format\":1,\"learned_for\":\"p\",\"workers\":0,\"prefetch_depth\":2,\"steps\":2}",
      "{\"format\":1,\"learned_for\":\"p\",\"workers\":2,\"prefetch_depth\":99999999,\"steps\":2}",
      "{\"format\":1,\"learned_for\":\"p\",\"workers\":2,\"prefetch_depth\":-1,\"steps\":2}",
      "{\"format\":1,\"learned_for\":\"p\",\"workers\":2,\"prefetch_depth\":2,\"steps\":-2}",
      "{\"format\":1,\"learned_for\":\"p\",\"workers\":1e300,\"prefetch_depth\":2,\"steps\":2}",
      "{\"format\":1,\"learned_for\":\"p\",\"workers\":2.5,\"prefetch_depth\":2,\"steps\":2}",
      String(repeating: " ", count: 5000) + "{}", String(repeating: "[", count: 4000), "\u{0}\u{0}",
    ])
  func damaged(text: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "a.json").path
    try Data(text.utf8).write(to: URL(filePath: path))
    var lines: [String] = []
    #expect(LearnedSettingFile(path: path, purpose: "p").read { lines.append($0.description) } == nil)
    #expect(lines.count == 1 && !lines[0].contains("\n"))
  }

  @Test(
    "bytes that are no text, a folder and a pipe in the file's place, are ignored with one line; writing says why it cannot"
  )
  func strange() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "a.json").path
    var lines: [String] = []
    try Data([0xFF, 0xFE, 0x80]).write(to: URL(filePath: path))
    #expect(LearnedSettingFile(path: path, purpose: "p").read { lines.append($0.description) } == nil)
    #expect(LearnedSettingFile(path: folder.url.path, purpose: "p").read { lines.append($0.description) } == nil)
    #expect(mkfifo(path + ".pipe", 0o600) == 0)
    #expect(LearnedSettingFile(path: path + ".pipe", purpose: "p").read { lines.append($0.description) } == nil)
    #expect(lines.count == 3)
    let nowhere = LearnedSettingFile(path: path + "/no/folder.json", purpose: "p")
    #expect(throws: CacheError.self) { try nowhere.write(learned) }
  }

  @Test("a loader begins with what was learned, cut to its limits, and the stream is the same")
  func start() throws {
    let source = SyntheticSource(count: 40)
    let plain = TunedLoader(try Loader(source: source, settings: settings()), workers: 1...4)
    let begun = TunedLoader(try Loader(source: source, settings: settings()), workers: 1...4, learned: learned)
    #expect(plain.learned == nil)
    #expect(begun.setting == learned.setting && begun.loader.plan.workers == 3 && begun.loader.plan.prefetchDepth == 5)
    let cut = TunedLoader(try Loader(source: source, settings: settings()), workers: 1...2, learned: learned)
    #expect(cut.loader.plan.workers == 2)
    let pinned = TunedLoader(
      try Loader(source: source, settings: settings()), workers: 2...2, prefetchDepth: 8...8, learned: learned)
    #expect(pinned.loader.plan.workers == 2 && pinned.loader.plan.prefetchDepth == 8 && pinned.learned == nil)
    let plan = try Loader.plan(source, settings())
    let tight = TunedLoader(
      try Loader(source: source, settings: settings(budget: plan.minimum)), workers: 1...4, learned: learned)
    #expect(tight.loader.plan.prefetchDepth == 1 && tight.loader.heldBytes <= plan.minimum)
    var hashes: [UInt64] = []
    for tuned in [plain, begun, cut, pinned, tight] {
      tuned.startEpoch(0)
      while let batch = try tuned.nextBatch() { batch.release() }
      hashes.append(tuned.loader.epochHash)
    }
    #expect(Set(hashes).count == 1)
  }

  @Test("epochs of three batches are tuned as well once they are announced, and their stream stays")
  func shortEpochs() throws {
    let source = SyntheticSource(count: 12)
    let plain = TunedLoader(
      try Loader(source: source, settings: settings()), workers: 2...2, prefetchDepth: 8...8)
    let tuned = TunedLoader(try Loader(source: source, settings: settings()), workers: 1...4)
    for (loader, announces) in [(plain, false), (tuned, true)] {
      var hash: UInt64 = 0
      for epoch in 0..<40 {
        loader.startEpoch(epoch, hashSoFar: hash)
        if announces { loader.announceEpoch(epoch + 1) }
        while let batch = try loader.nextBatch() {
          hash = batch.epochHash
          batch.release()
        }
      }
      #expect(loader.loader.batchCount == 3)
    }
    #expect(tuned.loader.epochHash == plain.loader.epochHash)
    #expect(tuned.latest != nil)
    #expect(tuned.learned?.stepCount ?? 0 >= 64)
  }
}
