import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Foundation
import Testing

@Suite("Odd, damaged and hostile files among sound ones cost what their lines say, and nothing is written to any")
struct OddImageTests {
  private static let folder = "boards/images/train"

  /// The state of a folder's files that must not change: their times, and the content of regular files.
  private func state(_ boards: SmallBoards) throws -> [String: [UInt64]] {
    try Dictionary(
      uniqueKeysWithValues: boards.names(Self.folder).map { name in
        var status = stat()
        try #require(lstat(boards.url(Self.folder).path + "/" + name, &status) == 0)
        let isFile = status.st_mode & S_IFMT == S_IFREG && status.st_size < 10 << 20
        let content = isFile ? [UInt8](try Data(contentsOf: boards.url(Self.folder + "/" + name))) : []
        let time = status.st_mtim
        return (name, [Checksum.xxh64(content), UInt64(time.tv_sec), UInt64(time.tv_nsec), UInt64(status.st_size)])
      })
  }

  /// Expects one of `lines` for each file that must be refused, with its reason, and no others.
  private func expectAll(_ faults: [ImageFault], _ lines: [String]) {
    let refused = faults.filter { $0.word != nil }
    #expect(lines.count == refused.count)
    for fault in refused {
      let word = fault.word ?? ""
      let own = lines.filter { $0.contains("/\(fault.name).jpg ") || $0.hasPrefix("damaged: \(fault.name) ") }
      #expect(own.count == 1 && own[0].contains(word), "\(fault.name): no '\(word)' in \(own)")
    }
  }

  /// Bytes of data that a command may take for all files: less than the 512 MiB of a colour picture of 179 megapixels.
  private static let mostBytes = 400 << 20

  @Test("cache, prepare, train and predict name each with its reason, in little memory and time")
  func allKinds() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    let sound = boards.names(Self.folder)
    let faults = try ImageFault.all()
    for fault in faults { try fault.plant(in: boards.url(Self.folder)) }
    try FileManager.default.createDirectory(
      at: boards.url(Self.folder + "/folder.jpg"), withIntermediateDirectories: false)
    let before = try state(boards)
    func run(_ arguments: String...) throws -> FeederProcess {
      try FeederProcess(arguments, in: boards.folder.url, seconds: 60, dataLimit: Self.mostBytes)
    }

    let cache = try run("cache", "build", "boards", "--cache", "pixels", "--image-size", "64")
    #expect(cache.status == 0, "\(cache.messages)")
    expectAll(faults, cache.lines.filter { $0.hasPrefix("damaged: ") }.map(String.init))

    let refusal = try run("prepare", "boards", "--out", "out")
    expectRefusal(refusal, "unreadable images", "more")
    expectAll(faults, refusal.lines.filter { $0.hasPrefix("unreadable: ") }.map(String.init))
    let prepared = try run("prepare", "boards", "--out", "out", "--skip-unreadable", "--json")
    let unreadable = try prepared.json()["unreadable"] as? [[String: String]] ?? []
    expectAll(faults, unreadable.map { "\($0["file"] ?? "") \($0["reason"] ?? "")" })
    #expect(boards.names("out/images/train").count == sound.count + faults.count { $0.word == nil })
    #expect(prepared.messages.contains("10 images are rotated by their EXIF orientation"))

    for cache in ["none", "jpeg", "pixels"] {
      let train = try boards.train("boards", "--cache", cache, "--epochs", "1", "--out", "run")
      expectRefusal(train, "images are damaged")
      let told = train.lines.filter { $0.hasPrefix("damaged: ") }
      let count = try #require(train.lines.last?.split(separator: " ").compactMap { Int($0) }.first)
      #expect(told.count == count && count >= 2, "\(train.messages)")
    }

    let predict = try FeederProcess(
      ["predict", weights, Self.folder, "--out", "drawn", "--json"], in: boards.folder.url, seconds: 60)
    expectAll(
      faults, predict.lines.filter { $0.hasSuffix("; left out") && !$0.contains("folder.jpg") }.map(String.init))
    // The pictures, predictions.json and predictions.csv.
    #expect(boards.names("drawn").count == sound.count + faults.count { $0.word == nil } + 2)

    #expect(try state(boards) == before)
  }

  @Test("Turned pictures are scored and drawn as they are seen")
  func turned() throws {
    let boards = try SmallBoards()
    let weights = try boards.someWeights()
    for name in boards.names("boards/images/val") {
      try FileManager.default.removeItem(at: boards.url("boards/images/val/" + name))
    }
    for name in boards.names("boards/labels/val") {
      try FileManager.default.removeItem(at: boards.url("boards/labels/val/" + name))
    }
    let jpeg = try SampleJPEGs.baseline()
    var claims: [[String: Any]] = []
    for orientation in Orientation.allCases {
      let name = "turned-\(orientation.rawValue)"
      try Data(JPEGPieces.oriented(jpeg, orientation.rawValue)).write(
        to: boards.url("boards/images/val/\(name).jpg"))
      try boards.write("0 0.25 0.5 0.25 0.5\n", to: "boards/labels/val/\(name).txt")
      let size = orientation.turned(SampleJPEGs.size)
      let (width, height) = (Double(size.width), Double(size.height))
      claims.append([
        "image_id": name, "category_id": 0, "bbox": [width / 8, height / 4, width / 4, height / 2], "score": 0.9,
      ])
    }
    try JSONSerialization.data(withJSONObject: claims).write(to: boards.url("p.json"))
    let score = try boards.feeder("score", "p.json", "boards", "--json")
    #expect(try #require(try score.json()["map50_95"] as? Double) > 0.99, "\(score.messages)")

    let predict = try boards.feeder(
      "predict", weights, "boards/images/val", "--conf", "0.0", "--out", "drawn", "--json")
    #expect(predict.status == 0, "\(predict.messages)")
    for orientation in Orientation.allCases {
      let drawn = try Data(contentsOf: boards.url("drawn/turned-\(orientation.rawValue).jpg"))
      let info = try drawn.withUnsafeBytes { try ImageHeader(of: $0) }
      #expect(info.size == orientation.turned(SampleJPEGs.size) && info.orientation == .upright)
    }
    let predictions =
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: boards.url("drawn/predictions.json"))) as? [[String: Any]]
    for claim in predictions ?? [] {
      let name = try #require(claim["image_id"] as? String)
      let box = try #require(claim["bbox"] as? [Double])
      let orientation = try #require(name.last.flatMap { Int(String($0)) }.flatMap(Orientation.init(rawValue:)))
      let size = orientation.turned(SampleJPEGs.size)
      #expect(box[0] + box[2] <= Double(size.width) + 0.01 && box[1] + box[3] <= Double(size.height) + 0.01)
    }
    #expect(predictions?.isEmpty == false)
  }
}
