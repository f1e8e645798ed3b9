import FeederMetrics
import Foundation
import Testing

@testable import FeederReporting

@Suite("Names in any script stay distinct in pictures")
struct PictureNameTests {
  private static let chinese = ["\u{5F00}\u{8DEF}", "\u{77ED}\u{8DEF}"]

  @Test("Chinese, Japanese, Korean, Cyrillic, Greek and accents have letters in the fonts of tools/setup")
  func scripts() {
    let letters = Lettering()
    for name in Self.chinese + [
      "\u{30B7}\u{30E7}\u{30FC}\u{30C8}", "\u{B2E8}\u{B77D}", "\u{43A}\u{43E}\u{440}\u{43E}\u{442}", "\u{3BC}\u{3BC}",
      "gr\u{F6}\u{DF}e", "gro\u{308}\u{DF}e", "50%_{x}^y@&\"'\\",
    ] {
      #expect(letters.draws(name), "\(name)")
      let mask = letters.mask(name, size: 12)
      #expect(mask.coverage.count == mask.width * mask.height && mask.coverage.contains { $0 > 200 }, "\(name)")
    }
    #expect(letters.mask(Self.chinese[0], size: 12).coverage != letters.mask(Self.chinese[1], size: 12).coverage)
  }

  @Test("Scripts that join, stack or run from right to left, and what no font has, cannot be drawn letter by letter")
  func undrawable() {
    let letters = Lettering()
    for name in [
      "\u{5E9}\u{5DC}\u{5D5}\u{5DD}", "\u{645}\u{631}", "\u{915}\u{94D}\u{937}", "\u{1F4A5}", "a\u{202E}b",
      "\u{10FFFF}",
    ] {
      #expect(!letters.draws(name), "\(name)")
    }
  }

  @Test("Without any font ASCII is still drawn, and other names become numbers with Latin letters")
  func withoutFonts() {
    let letters = Lettering(paths: ["/nowhere.ttf"])
    #expect(letters.draws("o'clock 50%") && !letters.draws(Self.chinese[0]))
    #expect(letters.mask("ab", size: 12).coverage.contains(255))
    let names = PictureNames(["spur"] + Self.chinese + ["\u{1F4A5}"], draws: letters.draws)
    #expect(names.texts == ["spur", "1 kai lu", "2 duan lu", "class 3"])
    #expect(names.legend.prefix(2) == ["1 kai lu = \(Self.chinese[0])", "2 duan lu = \(Self.chinese[1])"])
    let line = names.line ?? ""
    #expect(
      line.contains("3 of 4 class names") && line.contains("2 duan lu = \(Self.chinese[1])") && !line.contains("\n"))
    #expect(PictureNames(["spur"]).line == nil && PictureNames(["spur"]).legend.isEmpty)
    #expect(names[7] == "7")
  }

  @Test("Long names are cut with an ellipsis, and no two names become one")
  func long() {
    let long = String(repeating: "solder ", count: 9)
    let names = PictureNames([long + "a", long + "b", "class 4", "short", "\u{1F4A5}"]).texts
    #expect(Set(names).count == names.count, "\(names)")
    #expect(names.allSatisfy { $0.columns <= PictureNames.mostColumns })
    #expect(names[0].contains("\u{2026}") && names[3] == "short")
    #expect(String(repeating: Self.chinese[0], count: 9).shortened(to: 20).columns <= 20)
  }

  @Test("A name in a tick is no format, and no name steers the text around it")
  func escaping() {
    #expect(ChartScript.tick("50% o'clock") == "'50%% o\u{2019}clock'")
    #expect(ChartScript.quoted("50%\n\u{202E}a\u{2028}b") == "'50%  a b'")
  }

  @Test("Of many classes every k-th has a name beside the axes, and the key names the mean alone")
  func many() {
    let names = (0..<150).map { "class \($0)" }
    let matrix = ChartScript(
      [Chart("m", .matrix(names: names, values: [Double](repeating: 1, count: 150 * 150), digits: 0))], columns: 1,
      ink: "#000000"
    ).lines
    #expect(matrix.matches(of: #/'class \d+' \d+/#).count <= 2 * ChartScript.mostTicks)
    #expect(matrix.contains("'class 0' 0, 'class 4' 4") && !matrix.contains("with labels"))
    var series = names.map { Chart.Series($0, [(0, 1), (1, 0)]) }
    series.append(Chart.Series("all classes", [(0, 1), (1, 0)], isMain: true))
    let lines = ChartScript([Chart("l", .lines(series))], columns: 1, ink: "#000000").lines
    #expect(lines.contains("title 'all classes'") && !lines.contains("title 'class 3'"))
  }
}

@Suite("A chart shows names, and nothing else in their place")
struct ChartNameTests {
  /// Nearly black pixels per 1,000. gnuplot paints letters that are in no font as giant shapes.
  private func darkShare(_ png: Data) throws -> Int {
    let program = """
      import struct, sys, zlib
      data = sys.stdin.buffer.read(); at = 8; packed = b''
      while at < len(data):
          n, kind = struct.unpack('>I4s', data[at:at + 8]); body = data[at + 8:at + 8 + n]; at += 12 + n
          if kind == b'IHDR': w, h, depth, colour = struct.unpack('>IIBB', body[:10])
          if kind == b'IDAT': packed += body
      assert depth == 8 and colour in (2, 6)
      step = {2: 3, 6: 4}[colour]; raw = zlib.decompress(packed); line = w * step; before = bytes(line); dark = 0
      for y in range(h):
          kind = raw[y * (line + 1)]; row = bytearray(raw[y * (line + 1) + 1:(y + 1) * (line + 1)])
          for i in range(line):
              a = row[i - step] if i >= step else 0; b = before[i]; c = before[i - step] if i >= step else 0
              p = a + b - c; pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
              row[i] = (row[i] + (0, a, b, (a + b) // 2, a if pa <= pb and pa <= pc else b if pb <= pc else c)[kind]) & 255
          before = bytes(row); dark += sum(1 for x in range(0, line, step) if max(row[x:x + 3]) < 90)
      print(1000 * dark // (w * h))
      """
    let (process, input, output) = (Process(), Pipe(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: png)
    try input.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  @Test(
    "A matrix of such names is drawn with little black",
    arguments: [
      ["\u{5F00}\u{8DEF}", "\u{77ED}\u{8DEF}"], ["50%", "%s%d%n"], ["\u{1F4A5}", "\u{5E9}\u{5DC}"],
      [String(repeating: "long ", count: 12), "a_b^{c}@d&\"e"], (0..<150).map { "class \($0)" },
    ])
  func matrix(_ names: [String]) throws {
    let plotter = try #require(Plotter(), "tools/setup installs gnuplot")
    let matrix = ConfusionMatrix(results: [], classCount: names.count)
    let chart = AccuracyCharts.confusion(matrix, names: PictureNames(names)).normalized
    #expect(try darkShare(plotter.png([chart], width: 700, height: 500)) < 50)
  }
}
