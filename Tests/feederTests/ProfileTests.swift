import FeederCache
import Foundation
import Testing

@Suite(
  "feeder profile names a known bottleneck, and what it predicts comes true", .serialized,
  .enabled(
    if: ProcessInfo.processInfo.environment["FEEDER_ALONE"] != nil,
    "skipped: it measures, so no other test may run beside it; FEEDER_ALONE=1 swift test --filter ProfileTests"))
struct ProfileTests {
  private struct Report: Decodable {
    struct Remedy: Decodable {
      let action: String
      let predicted_images_per_second: Double
      let cost_bytes: Int
    }
    struct Confirmation: Decodable {
      let action: String
      let before_images_per_second: Double
      let predicted_images_per_second: Double
      let measured_images_per_second: Double
      let ratio: Double
    }
    let verdict: String
    let ceilings: [String: Double]
    let stall_share: Double
    let images_per_second: Double
    let loader_images_per_second: Double
    let remedies: [Remedy]
    let confirmation: Confirmation?
  }

  private let boards: SmallBoards

  init() throws {
    boards = try SmallBoards(40)
  }

  private func profile(_ flags: [String]) throws -> (report: Report, run: FeederProcess) {
    var flags = ["profile", "boards", "--cache-dir", "cache", "--seconds", "1", "--json"] + flags
    for (flag, value) in [("--image-size", "160"), ("--batch", "8")] where !flags.contains(flag) {
      flags += [flag, value]
    }
    let run = try FeederProcess(flags, in: boards.folder.url)
    try #require(run.status == 0, "\(run.messages)")
    return (try JSONDecoder().decode(Report.self, from: Data(run.output.utf8)), run)
  }

  @Test("A slow step: the device limits, and nothing is proposed")
  func device() throws {
    let (report, _) = try profile(["--cache", "pixels", "--step-ms", "100"])
    #expect(report.verdict == "device" && report.remedies.isEmpty)
    #expect(report.stall_share == 0 && report.images_per_second == 80)
    #expect(report.ceilings["device"] == 80 && report.ceilings["read"] == nil)
  }

  /// Profiles until the verdict is right and its remedy brings what was predicted within 15 %. Tries at most six times,
  /// because the machine is shared.
  private func confirmed(_ verdict: String, _ action: String, _ flags: () throws -> [String]) throws {
    var told: [String] = []
    for _ in 0..<6 {
      let (report, run) = try profile(flags() + ["--confirm"])
      told.append(run.messages)
      guard report.verdict == verdict, let confirmation = report.confirmation, confirmation.action == action else {
        continue
      }
      #expect(report.remedies.first { $0.action == action }?.cost_bytes ?? 0 > 0)
      let gain = confirmation.predicted_images_per_second / report.images_per_second
      let before = confirmation.before_images_per_second / report.images_per_second
      if gain > 1.2, abs(confirmation.ratio - 1) < 0.15, abs(before - 1) < 0.15 { return }
    }
    Issue.record("\(told)")
  }

  @Test("Slow storage: read limits pixels, JPEG bytes are proposed, and bring what was predicted")
  func storage() throws {
    // 25.6 KB of pixels per image, four images per mosaic. JPEG bytes are at most a quarter of that.
    try confirmed("read", "--cache jpeg") { ["--cache", "pixels", "--step-ms", "20", "--read-mib-per-s", "10"] }
  }

  @Test("Dear decoding: decode limits, the pixel cache is proposed, and brings what was predicted")
  func decode() throws {
    try confirmed("decode", "--cache pixels") { ["--cache", "jpeg", "--step-ms", "10", "--decode-times", "60"] }
  }

  @Test(
    "One worker with more cores idle: augment limits, more workers are proposed, and bring what was predicted",
    .enabled(if: CoreLimit.current.usable > 1, "skipped: one core has no second worker"))
  func worker() throws {
    try confirmed("augment", "--workers \(CoreLimit.current.usable)") {
      let flags = ["--cache", "pixels", "--image-size", "640", "--workers", "1", "--batch", "32"]
      // A device that takes 1.4 times as many images as one worker delivers.
      let (alone, _) = try profile(flags + ["--step-ms", "1"])
      return flags + ["--step-ms", "\(32_000 / (1.4 * alone.loader_images_per_second))"]
    }
  }

  @Test("A setting that makes no sense is refused, and so is a data set without images")
  func refusals() throws {
    for flags in [["--step-ms", "0"], ["--read-mib-per-s", "-1"], ["--decode-times", "0"], ["--model", "yolo"]] {
      let run = try FeederProcess(["profile", "boards"] + flags, in: boards.folder.url)
      #expect(run.status == 2 && run.output.isEmpty, "\(run.messages)")
    }
    expectRefusal(try boards.feeder("profile", "nowhere"), "nowhere")
  }

  @Test(
    "A loading bench reaches the share of its floor in Tests/thresholds.json",
    arguments: ["decode", "letterbox", "cached", "mosaic"])
  func ratioToFloor(name: String) throws {
    let least = try #require(Thresholds.read().ratioToFloor[name])
    let large = try boards.feeder("synth", "--out", "large", "--boards", "40", "--size", "640", "--threads", "2")
    try #require(large.status == 0, "\(large.messages)")
    // Other work on the machine slows a run; a slower loader slows all of them.
    var ratios: [Double] = []
    for _ in 0..<3 where ratios.allSatisfy({ $0 < least }) {
      let run = try boards.feeder(
        "bench", name, "large", "--cache-dir", "cache", "--image-size", "640", "--seconds", "3", "--json")
      try #require(run.status == 0, "\(run.messages)")
      ratios.append(try #require(try run.json()["ratio_to_floor"] as? Double))
    }
    #expect(ratios.contains { $0 >= least }, "\(name) reaches \(ratios) of its floor")
  }
}
