import Foundation
import Testing

@Suite("A run leaves pictures and a report, and both can be made again")
struct ReportTests {
  private static let pictures = [
    "BoxF1_curve.png", "BoxPR_curve.png", "BoxP_curve.png", "BoxR_curve.png", "confusion_matrix.png",
    "confusion_matrix_normalized.png", "labels.png", "results.png", "train_batch0.jpg", "train_batch1.jpg",
    "train_batch2.jpg", "val_batch0_labels.jpg", "val_batch0_pred.jpg",
  ]

  private func trained() throws -> SmallBoards {
    let boards = try SmallBoards(20)
    let run = try boards.train("boards", "--epochs", "2", "--out", "run", "--plots", "true", "--json")
    #expect(run.status == 0, "\(run.messages)")
    #expect((try run.json()["report"] as? String)?.hasSuffix("/run/report.html") == true)
    return boards
  }

  @Test("All pictures of a run folder are there, and the report stands on its own")
  func files() throws {
    let boards = try trained()
    let names = Set(boards.names("run"))
    #expect(Set(Self.pictures).isSubset(of: names), "missing: \(Set(Self.pictures).subtracting(names))")
    let report = try boards.text("run/report.html")
    let addresses = report.matches(of: #/https?:\/\/[^"' )]*/#).map { String($0.output) }
    #expect(
      Set(addresses).isSubset(of: ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"]), "\(addresses)")
    #expect(report.contains("Worst images") && report.contains("use of time") && report.contains("<svg"))
    // The predictions file beside the report has the report's score.
    let score = try boards.feeder("score", "run/predictions.json", "boards", "--json").json()
    let map = String(format: "%.3f", try #require(score["map50_95"] as? Double))
    #expect(report.contains("<dt>mAP50-95</dt><dd>\(map)</dd>"))
  }

  @Test("The detections beside a report equal the detections of feeder val in the run's precision")
  func precision() throws {
    let boards = try SmallBoards()
    let run = try boards.train("boards", "--epochs", "1", "--out", "run", "--plots", "true", "--precision", "bf16")
    #expect(run.status == 0, "\(run.messages)")
    func seen(_ precision: String) throws -> String {
      let run = try boards.feeder(
        "val", "run/weights/best.safetensors", "boards", "--batch", "4", "--precision", precision,
        "--save-predictions", precision + ".json")
      #expect(run.status == 0, "\(run.messages)")
      return try boards.text(precision + ".json")
    }
    let own = try boards.text("run/predictions.json")
    #expect(own.contains("score"))
    #expect(try own == seen("bf16"))
    #expect(try own != seen("fp32"))
  }

  @Test("feeder report writes it again with costs, even if the data has moved")
  func again() throws {
    let boards = try trained()
    for name in Self.pictures + ["report.html"] where !name.hasPrefix("train") && name != "labels.png" {
      try FileManager.default.removeItem(at: boards.url("run/" + name))
    }
    try FileManager.default.moveItem(at: boards.url("boards"), to: boards.url("moved"))
    expectRefusal(try boards.feeder("report", "run"), "boards")
    let run = try boards.feeder(
      "report", "run", "--data", "moved", "--escape-cost", "100", "--false-call-cost", "1", "--json")
    #expect(run.status == 0, "\(run.messages)")
    #expect(Set(Self.pictures).isSubset(of: Set(boards.names("run"))))
    #expect(try boards.text("run/report.html").contains("cost per board"))
  }

  @Test(
    "A gnuplot that fails costs its charts, each told in a line, and neither the run, the report nor other pictures")
  func brokenGnuplot() throws {
    let boards = try SmallBoards()
    let program = boards.url("gnuplot")
    try boards.write("#!/bin/sh\necho 'out of ink' >&2\nexit 1\n", to: "gnuplot")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    let run = try FeederProcess(
      ["train", "boards", "--epochs", "1", "--out", "run"] + SmallBoards.smallSteps + ["--plots", "true"],
      in: boards.folder.url, environment: ["PATH": boards.folder.url.path + ":/usr/bin:/bin"])
    #expect(run.status == 0, "\(run.messages)")
    for name in Self.pictures where name.hasSuffix(".png") {
      #expect(run.lines.count { $0.hasPrefix("\(name): ") && $0.contains("(gnuplot: out of ink)") } == 1, "\(name)")
    }
    #expect(boards.exists("run/train_batch0.jpg") && boards.exists("run/val_batch0_pred.jpg"))
    #expect(try boards.text("run/report.html").contains("(gnuplot: out of ink)"))
  }

  @Test("Without gnuplot the run ends well and says what is missing; a report of no run is refused")
  func withoutGnuplot() throws {
    let boards = try SmallBoards()
    let run = try FeederProcess(
      ["train", "boards", "--epochs", "1", "--out", "run"] + SmallBoards.smallSteps + ["--plots", "true"],
      in: boards.folder.url, environment: ["PATH": "/nowhere"])
    #expect(run.status == 0 && run.messages.contains("gnuplot-nox"), "\(run.messages)")
    #expect(
      boards.exists("run/report.html") && boards.exists("run/train_batch0.jpg") && !boards.exists("run/results.png"))
    expectRefusal(try boards.feeder("report", "boards"), "args.yaml")
    #expect(try boards.feeder("report", "run", "--escape-cost", "1").status == 2)
  }

  /// The page is shown in a frame, because a window of full Chromium is at least 500 pixels wide.
  @Test(
    "In Chromium the page fits 1280 and 400 pixels, light and dark, and every picture is shown",
    .enabled(if: ReportTests.chromium != nil, "no Chromium: tools/chromium installs it"), arguments: [1280, 400],
    [true, false])
  func browser(width: Int, isDark: Bool) throws {
    let browser = try #require(Self.chromium)
    let boards = try trained()
    let probe = """
      <script>addEventListener('load', () => { const images = [...document.images];
        const ink = getComputedStyle(document.body).color, paper = getComputedStyle(document.body).backgroundColor;
        parent.postMessage(['probe', document.documentElement.scrollWidth <= innerWidth, innerWidth,
          images.filter(i => i.complete && i.naturalWidth > 0).length == images.length && images.length,
          document.querySelectorAll('svg').length, ink, paper].join('|'), '*'); });</script>
      """
    try boards.write(try boards.text("run/report.html") + probe, to: "probe.html")
    try boards.write(
      """
      <script>addEventListener('message', message => document.title = message.data);</script>
      <iframe src="probe.html" style="width: \(width)px; height: 900px; border: 0"></iframe>
      """, to: "frame.html")
    let run = try FeederProcess(
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)",
        "--user-data-dir=\(boards.url("profile").path)", "--window-size=1400,1000", "--virtual-time-budget=20000",
        "--dump-dom", boards.url("frame.html").absoluteString,
      ], in: boards.folder.url, program: browser)
    let title = try #require(run.output.firstMatch(of: #/<title>probe\|(.*?)<\/title>/#), "\(run.messages)").output.1
    let facts = title.split(separator: "|").map(String.init)
    #expect(facts[0] == "true", "the page is wider than its frame")
    #expect(facts[1] == "\(width)")
    #expect((Int(facts[2]) ?? 0) > 0 && (Int(facts[3]) ?? 0) >= 16)
    let (light, dark) = ("rgb(255, 255, 255)", "rgb(20, 23, 26)")
    #expect(facts[5] == (isDark ? dark : light))
  }

  /// Chromium: the program that FEEDER_CHROMIUM names, or one of the usual names on the PATH.
  fileprivate static let chromium: String? = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["FEEDER_CHROMIUM"], !path.isEmpty { return path }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    return ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].lazy
      .flatMap { name in folders.map { $0 + "/" + name } }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()
}
