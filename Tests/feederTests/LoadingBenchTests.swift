import Foundation
import Testing

@Suite("The loading benches print one document with their figure, their floor and what they ran on")
struct LoadingBenchTests {
  private static let keys = [
    "batch", "channels", "cpu_microseconds_per_image", "floor_cpu_microseconds_per_image", "floor_images_per_second",
    "floor_windows", "image_bytes", "image_count", "image_size",
    "images_per_second", "peak_bytes", "prefetch_depth", "ratio_to_floor", "threads", "windows",
  ]

  private func number(_ document: [String: Any], _ key: String) throws -> Double {
    try #require(document[key] as? Double, "no number '\(key)' in \(document)")
  }

  private func median(_ numbers: [Double]) -> Double {
    let sorted = numbers.sorted()
    return sorted.count % 2 == 1
      ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
  }

  @Test(
    "Every bench, one channel and three, boards of more than one size",
    arguments: ["decode", "letterbox", "cached", "mosaic"], [1, 3])
  func document(name: String, channels: Int) throws {
    let boards = try SmallBoards(10)
    let wide = try boards.feeder("synth", "--out", "wide", "--boards", "5", "--size", "180x128", "--threads", "1")
    try #require(wide.status == 0, "\(wide.messages)")
    let moved = boards.names("wide/images/train").first.map { ("wide/images/train/" + $0, "boards/images/train/w.jpg") }
    let (from, to) = try #require(moved)
    try FileManager.default.copyItem(at: boards.url(from), to: boards.url(to))
    let run = try boards.feeder(
      "bench", name, "boards", "--channels", "\(channels)", "--threads", "2", "--batch", "3", "--image-size", "96",
      "--seconds", "0.1", "--memory", "64MiB", "--cache-dir", "cache", "--json")
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.output.split(separator: "\n").count == 1)
    let report = try run.json()
    #expect(report.keys.sorted() == Self.keys)
    for (windowsKey, key) in [
      ("windows", "images_per_second"), ("floor_windows", "floor_images_per_second"),
    ] {
      let windows = try #require(report[windowsKey] as? [Double])
      #expect(windows.count >= 3 && windows.allSatisfy { $0 > 0 && $0.isFinite })
      let figure = try number(report, key)
      #expect(figure == median(windows))
    }
    let quotient = try number(report, "images_per_second") / number(report, "floor_images_per_second")
    let ratio = try number(report, "ratio_to_floor")
    #expect(abs(ratio - quotient) <= 1e-9 * quotient)
    #expect(report["threads"] as? Int == 2 && report["batch"] as? Int == 3 && report["channels"] as? Int == channels)
    #expect(report["image_count"] as? Int == boards.names("boards/images/train").count)
    let isNative = name == "decode" || name == "cached"
    #expect(report["image_size"] as? Int == (isNative ? 180 : 96))
    #expect(report["image_bytes"] as? Int == channels * (isNative ? 160 * 160 : 96 * 96))
    for key in ["cpu_microseconds_per_image", "floor_cpu_microseconds_per_image"] {
      let microseconds = try number(report, key)
      #expect(microseconds > 0 && microseconds.isFinite)
    }
    let peakBytes = try number(report, "peak_bytes")
    #expect(peakBytes > 1_000_000)
    #expect(!boards.exists("cache-home"), "the cache went somewhere else than --cache-dir says")
  }

  @Test("Too small a --memory, the wrong --cache and missing data are refused in one line")
  func refusals() throws {
    let boards = try SmallBoards()
    expectRefusal(try boards.feeder("bench", "decode", "boards", "--memory", "10KiB"), "--memory", "at least")
    expectRefusal(try boards.feeder("bench", "mosaic", "boards", "--memory", "10KiB"), "--memory", "at least")
    expectRefusal(try boards.feeder("bench", "cached", "boards", "--cache", "jpeg"), "--cache jpeg", "pixels")
    expectRefusal(try boards.feeder("bench", "letterbox", "boards", "--cache", "none"), "--cache none", "jpeg")
    try FileManager.default.createDirectory(at: boards.url("empty"), withIntermediateDirectories: false)
    for name in ["decode", "letterbox", "cached", "mosaic"] {
      expectRefusal(try boards.feeder("bench", name, "empty"), "empty", "data.yaml")
      expectRefusal(try boards.feeder("bench", name, "nowhere"), "nowhere")
    }
    for name in boards.names("boards/images/train") {
      try boards.write("no JPEG", to: "boards/images/train/" + name)
    }
    expectRefusal(try boards.feeder("bench", "decode", "boards", "--channels", "1"), "images/train", "readable")
  }

  @Test(
    "What the command line itself cannot read is a matter of usage",
    arguments: [
      ["--threads", "0"], ["--threads", "two"], ["--channels", "2"], ["--batch", "0"], ["--image-size", "100"],
      ["--seconds", "0"], ["--seconds", "nan"], ["--prefetch", "0"],
    ])
  func usage(_ flags: [String]) throws {
    let folder = try TemporaryFolder()
    let run = try FeederProcess(["bench", "decode", "boards"] + flags, in: folder.url)
    #expect(run.status == 2 && run.output.isEmpty && run.messages.hasPrefix("Error: "), "\(run.messages)")
    #expect(run.messages.contains(flags[0]), "\(run.messages)")
  }
}
