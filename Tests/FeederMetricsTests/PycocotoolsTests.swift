import FeederCore
import FeederMetrics
import Foundation
import Testing

/// A Python with pycocotools.
private enum Pycocotools {
  static let python: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = root.appending(path: ".deps/pycocotools/bin/python").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()
  static let absent: Comment = "no pycocotools: tools/pycocotools installs it"

  /// Reads boxes from a file and prints mAP by size and threshold and AP by class for each bound; -1 is "no such box".
  private static let program = """
    import contextlib, json, sys
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    data = json.load(open(sys.argv[1]))
    with contextlib.redirect_stdout(sys.stderr):
        truths = COCO()
        truths.dataset = {
            "images": [{"id": i} for i in range(data["images"])],
            "categories": [{"id": c} for c in range(data["classes"])],
            "annotations": [dict(t, id=i + 1, iscrowd=0, area=t["bbox"][2] * t["bbox"][3])
                            for i, t in enumerate(data["truths"])]}
        truths.createIndex()
        found = truths.loadRes(data["detections"])
        result = {}
        mean = lambda values: float(values[values > -1].mean()) if (values > -1).any() else -1
        for bound in data["bounds"]:
            run = COCOeval(truths, found, "bbox")
            run.params.maxDets = [1, 10, bound]
            run.evaluate()
            run.accumulate()
            precision = run.eval["precision"][..., -1]
            result[str(bound)] = {
                "all": [mean(precision[..., 0]), mean(precision[0, ..., 0])],
                "sizes": [mean(precision[..., size]) for size in (1, 2, 3)],
                "classes": [mean(precision[:, :, c, 0]) for c in range(data["classes"])],
                "classes50": [mean(precision[0, :, c, 0]) for c in range(data["classes"])]}
    print(json.dumps(result))
    """

  struct Values: Decodable {
    let all: [Double]
    let sizes: [Double]
    let classes: [Double]
    let classes50: [Double]
  }

  /// The values of pycocotools for `results`, by bound.
  static func evaluate(_ results: [ImageResult], classCount: Int, bounds: [Int]) throws -> [String: Values] {
    func entry(_ image: Int, _ box: Box, _ classID: Int) -> [String: Any] {
      ["image_id": image, "category_id": classID, "bbox": [box.x1, box.y1, box.width, box.height]]
    }
    let truths = results.enumerated().flatMap { image, result in
      result.truths.map { entry(image, $0.box, $0.classID) }
    }
    let detections = results.enumerated().flatMap { image, result in
      result.detections.map { entry(image, $0.box, $0.classID).merging(["score": $0.score]) { $1 } }
    }
    let document: [String: Any] = [
      "images": results.count, "classes": classCount, "bounds": bounds, "truths": truths, "detections": detections,
    ]
    let folder = FileManager.default.temporaryDirectory.appending(path: "feeder-coco-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (input, output) = (folder.appending(path: "in.json"), folder.appending(path: "out.json"))
    try JSONSerialization.data(withJSONObject: document).write(to: input)
    try Data().write(to: output)
    let process = Process()
    process.executableURL = URL(filePath: try #require(python))
    process.arguments = ["-c", program, input.path]
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return try JSONDecoder().decode([String: Values].self, from: Data(contentsOf: output))
  }
}

@Suite("The COCO rule equals pycocotools")
struct PycocotoolsTests {
  private static let classCount = 6

  /// Random boards: crowds, ties, classes without boxes, images without boxes, and up to 800 detections per image.
  private static func results(seed: UInt64) -> [ImageResult] {
    var random = CounterRandom(seed: seed, purpose: .simulation)
    func box(side: ClosedRange<Double>) -> Box {
      let (x, y) = (random.uniform(0, 600), random.uniform(0, 600))
      let width = random.uniform(side.lowerBound, side.upperBound)
      return Box(x1: x, y1: y, x2: x + width, y2: y + width * random.uniform(0.4, 2))
    }
    func near(_ box: Box) -> Box {
      func moved(_ edge: Double, _ side: Double) -> Double { edge + side * random.uniform(-0.15, 0.15) }
      let (x, y) = (moved(box.x1, box.width), moved(box.y1, box.height))
      return Box(x1: x, y1: y, x2: x + moved(box.width, box.width), y2: y + moved(box.height, box.height))
    }
    return (0..<12).map { image in
      var result = ImageResult(imageID: "\(image)", detections: [], truths: [])
      // The last class has no box in any image.
      let truthCount = [0, 5, 40, 120][image % 4]
      result.truths = (0..<truthCount).map { _ in
        GroundTruth(box: box(side: 4...160), classID: random.integer(below: classCount - 1))
      }
      for truth in result.truths {
        for _ in 0..<random.integer(below: 4) {
          let classID = random.integer(below: 8) == 0 ? random.integer(below: classCount) : truth.classID
          result.detections.append(Detection(box: near(truth.box), classID: classID, score: 0))
        }
      }
      // More than 100 and more than 300 detections of a class.
      for _ in 0..<[20, 110, 150, 450][image % 4] {
        result.detections.append(
          Detection(box: box(side: 4...160), classID: image % 3 == 0 ? 2 : random.integer(below: classCount), score: 0))
      }
      // Two digits, so that many scores are equal.
      for index in result.detections.indices {
        result.detections[index].score = (random.uniform(0, 1) * 100).rounded() / 100
      }
      return result
    }
  }

  @Test(
    "mAP, AP by class and AP by size agree to 1e-6 at 100 and at 300 detections",
    .enabled(if: Pycocotools.python != nil, Pycocotools.absent), arguments: [1, 2, 3] as [UInt64])
  func reference(seed: UInt64) throws {
    let results = Self.results(seed: seed)
    let bounds = [100, 300]
    let reference = try Pycocotools.evaluate(results, classCount: Self.classCount, bounds: bounds)
    for bound in bounds {
      let wanted = try #require(reference["\(bound)"])
      let own = COCOAccuracy(results: results, classCount: Self.classCount, maxDetections: bound)
      expect([own.map50_95, own.map50], equal: wanted.all, "mAP at \(bound)")
      expect([own.map50_95Small, own.map50_95Medium, own.map50_95Large], equal: wanted.sizes, "sizes at \(bound)")
      expect(own.classes.map(\.ap50_95), equal: wanted.classes, "classes at \(bound)")
      expect(own.classes.map(\.ap50), equal: wanted.classes50, "classes at 0.5 and \(bound)")
      #expect(own.classes.last?.ap50 == nil && wanted.classes.last == -1)
    }
    #expect(reference["100"]?.all != reference["300"]?.all, "the bound cuts nothing here")
  }

  private func expect(_ own: [Double?], equal wanted: [Double], _ name: String) {
    #expect(own.count == wanted.count)
    for (index, (left, right)) in zip(own, wanted).enumerated() {
      #expect(abs((left ?? -1) - right) <= 1e-6, "\(name), \(index): \(left ?? -1), pycocotools \(right)")
    }
  }
}
