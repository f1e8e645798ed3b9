import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederSynthetic

@Suite("Synthetic boards are a function of their settings")
struct SyntheticDatasetTests {
  private func settings(_ boardCount: Int, channels: Int = 1) -> SyntheticSettings {
    var settings = SyntheticSettings()
    settings.boardCount = boardCount
    settings.size = PixelSize(width: 224, height: 160)
    settings.channels = channels
    settings.withTemplates = true
    return settings
  }

  @Test("One thread and four write the same bytes, in one channel and in three", arguments: [1, 3])
  func threads(channels: Int) throws {
    let scratch = try Scratch()
    for threads in [1, 4] {
      try SyntheticDataset.write(
        settings(6, channels: channels), to: "\(scratch.path)/\(threads)", threads: threads)
    }
    let (one, four) = (try contents(of: scratch.path + "/1"), try contents(of: scratch.path + "/4"))
    #expect(one.count == 6 * 3 + 1)
    #expect(one == four)
    #expect(Set(one.filter { $0.key.hasSuffix(".jpg") }.values).count == 12)
  }

  @Test("Another seed draws other boards")
  func seeds() {
    let size = PixelSize(side: 160)
    let first = SyntheticBoard(seed: 1, index: 0, size: size)
    #expect(first.tested == SyntheticBoard(seed: 1, index: 0, size: size).tested)
    #expect(first.template != SyntheticBoard(seed: 2, index: 0, size: size).template)
    #expect(first.template != SyntheticBoard(seed: 1, index: 1, size: size).template)
  }

  @Test("The folder opens as a data set with the six classes, split by the share asked for")
  func opens() throws {
    let scratch = try Scratch()
    let summary = try SyntheticDataset.write(settings(10), to: scratch.path + "/new/boards", threads: 2)
    let dataset = try Dataset.open(scratch.path + "/new/boards")
    #expect(dataset.classNames == ["open", "short", "mousebite", "spur", "copper", "pin-hole"])
    let val = try dataset.entries(.val)
    let train = try dataset.entries(.train)
    #expect((train.count, val.count) == (8, 2))
    #expect(val.map(\.imageID) == ["board_000004", "board_000009"])
    #expect(summary.boxCounts[.train] == train.map(\.labels.count).reduce(0, +))
    #expect(summary.boxCounts[.val] == val.map(\.labels.count).reduce(0, +))
    #expect(summary.classBoxCounts.reduce(0, +) == (train + val).map(\.labels.count).reduce(0, +))
    let file = [UInt8](try Data(contentsOf: URL(filePath: train[0].imagePath)))
    let info = try file.withUnsafeBytes { try ImageHeader(of: $0) }
    #expect(info.channels == 1 && info.size == PixelSize(width: 224, height: 160))
  }

  @Test("A folder that is not empty, a file and a place below a file are refused, and nothing is left behind")
  func refusals() throws {
    let scratch = try Scratch()
    try scratch.write("full/x")
    #expect(failure { try write(2, "\(scratch.path)/full") }.contains("full: is not empty"))
    #expect(failure { try write(2, "\(scratch.path)/full/x") }.contains("is a file"))
    #expect(failure { try write(2, "\(scratch.path)/full/x/y") }.contains("Not a directory"))
    #expect(try contents(of: scratch.path).keys.sorted() == ["full/x"])
    try FileManager.default.createDirectory(atPath: scratch.path + "/empty", withIntermediateDirectories: true)
    try write(2, scratch.path + "/empty")
    #expect(try contents(of: scratch.path + "/empty").count == 7)
  }

  @Test("A cancelled write leaves nothing behind")
  func cancellation() throws {
    let scratch = try Scratch()
    let cancellation = Cancellation()
    #expect(throws: DatasetError.cancelled) {
      try SyntheticDataset.write(
        settings(50), to: scratch.path + "/a/b", threads: 2, cancellation: cancellation,
        progress: { cancellation.cancel() })
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
  }

  @Test("Settings that cannot be drawn are named")
  func problems() {
    func problem(_ change: (inout SyntheticSettings) -> Void) -> String {
      var settings = SyntheticSettings()
      change(&settings)
      return settings.problem?.flags ?? ""
    }
    #expect(problem { _ in }.isEmpty)
    #expect(problem { $0.boardCount = 1 }.contains("2 to 1000000 boards"))
    #expect(problem { $0.size.width = 16 }.contains("16 x 640"))
    #expect(problem { $0.channels = 4 }.contains("give 1 or 3"))
    #expect(problem { $0.valShare = .nan }.contains("above 0 and below 1"))
    #expect(problem { $0.quality = 0 }.contains("1 to 100"))
  }

  private func write(_ boardCount: Int, _ target: String) throws {
    try SyntheticDataset.write(settings(boardCount), to: target, threads: 1)
  }
}

@Suite("Synthetic defects are what their labels say")
struct SyntheticDefectTests {
  @Test(
    "On the written images, every box holds a difference from the template, tightly, and no difference lies outside")
  func boxes() throws {
    let scratch = try Scratch()
    var settings = SyntheticSettings()
    settings.boardCount = 4
    settings.size = PixelSize(side: 320)
    settings.withTemplates = true
    try SyntheticDataset.write(settings, to: scratch.path + "/s", threads: 2)
    let dataset = try Dataset.open(scratch.path + "/s")
    for entry in try dataset.splits.flatMap({ try dataset.entries($0) }) {
      let tested = try greyPixels(entry.imagePath)
      let template = try greyPixels(entry.imagePath.replacing("/images/", with: "/templates/"))
      #expect(!entry.labels.isEmpty)
      var open = zip(tested.bytes, template.bytes).map { abs(Int($0) - Int($1)) > 96 }
      for label in entry.labels {
        let box = label.box(in: tested.size)
        let (x0, y0, x1, y1) = (
          Int(box.x1.rounded()), Int(box.y1.rounded()), Int(box.x2.rounded()), Int(box.y2.rounded())
        )
        var (left, top, right, bottom, count) = (Int.max, Int.max, -1, -1, 0)
        for y in y0..<y1 {
          for x in x0..<x1 where open[y * tested.size.width + x] {
            open[y * tested.size.width + x] = false
            (left, top, right, bottom, count) = (min(left, x), min(top, y), max(right, x), max(bottom, y), count + 1)
          }
        }
        #expect(count >= 20, "the \(DefectKind.classNames[label.classID]) of \(entry.imageID) cannot be seen")
        // 10 and 9 pixels of margin, clipped at the border; blur may hide one pixel.
        #expect((left - x0) <= 11 && (top - y0) <= 11 && x1 - 1 - right <= 10 && y1 - 1 - bottom <= 10)
        #expect((left - x0) >= 9 || x0 == 0)
      }
      #expect(!open.contains(true), "\(entry.imageID) differs from its template outside of every box")
    }
  }

  @Test("Each kind changes what hangs together as its name says", arguments: DefectKind.allCases)
  func kinds(kind: DefectKind) {
    let size = PixelSize(side: 256)
    var placedCount = 0
    for index in 0..<12 where placedCount < 4 {
      var random = CounterRandom(seed: 3, index: index, purpose: .defects)
      let template = BoardPainter.conductors(seed: 3, index: index, size: size).roughened(&random)
      var placer = DefectPlacer(template: template, random: random)
      guard placer.place(kind) else { continue }
      placedCount += 1
      let change = (pieces(placer.mask, 1) - pieces(template, 1), pieces(placer.mask, 0) - pieces(template, 0))
      switch kind {
      case .copper: #expect(change == (1, 0))
      case .pinHole: #expect(change == (0, 1))
      case .mousebite, .spur: #expect(change == (0, 0))
      case .short: #expect(change.0 == -1)
      case .open: #expect(change.0 >= 0 && change.1 <= 0)
      }
      let copper = (placer.mask.bytes.count { $0 == 1 }, template.bytes.count { $0 == 1 })
      #expect(kind.paint == 1 ? copper.0 >= copper.1 + 28 : copper.0 <= copper.1 - 28)
    }
    #expect(placedCount == 4)
  }

  private func pieces(_ mask: ConductorMask, _ value: UInt8) -> Int {
    BoardWindow(mask, x0: 0, y0: 0, x1: mask.size.width, y1: mask.size.height).pieceCount(of: value, least: 6)
  }

  @Test("Boxes of a board do not overlap, and their number and size are DeepPCB's")
  func distribution() {
    var sides: [Double] = []
    var counts: [Int] = []
    for index in 0..<8 {
      let defects = SyntheticBoard(seed: 5, index: index, size: PixelSize(side: 640)).defects
      counts.append(defects.count)
      for (place, defect) in defects.enumerated() {
        sides.append((defect.box.area).squareRoot())
        for other in defects[..<place] {
          let shared = Box(
            x1: max(defect.box.x1, other.box.x1), y1: max(defect.box.y1, other.box.y1),
            x2: min(defect.box.x2, other.box.x2), y2: min(defect.box.y2, other.box.y2))
          #expect(shared.width <= 0 || shared.height <= 0)
        }
      }
    }
    #expect(counts.allSatisfy { (3...12).contains($0) })
    // DeepPCB's median over all boxes is 33 pixels; nine of ten boxes have 26 to 53.
    let median = sides.sorted()[sides.count / 2]
    #expect((29...37).contains(median), "median \(median)")
  }
}

@Suite("A staged folder removes what was written through it, and nothing else")
struct StagedFolderTests {
  @Test("Its own files, links and folders go; a user's file stays")
  func removal() throws {
    for isKept in [false, true] {
      let scratch = try Scratch()
      var staged: StagedFolder? = try StagedFolder(target: scratch.path + "/deep/set")
      try staged?.makeFolder("images/train")
      try staged?.write([1], to: "images/train/a.jpg")
      #expect(staged?.link(to: "/nowhere", as: "images/train/b.jpg") == true)
      let folder = try #require(staged?.folder)
      if isKept { try scratch.write(String(folder.dropFirst(scratch.path.count + 1)) + "/images/notes.txt", "mine") }
      staged = nil
      let left = try contents(of: scratch.path)
      #expect(left.map(\.value) == (isKept ? [Data("mine".utf8)] : []))
      #expect(FileBytes.isFolder(scratch.path + "/deep") == isKept)
    }
  }
}
