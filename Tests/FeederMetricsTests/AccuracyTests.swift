import FeederCore
import FeederMetrics
import Testing

private func box(_ x: Double, _ y: Double, _ side: Double) -> Box { Box(x1: x, y1: y, x2: x + side, y2: y + side) }

@Suite("Accuracy is finite and right in the corner cases")
struct AccuracyTests {
  private let names = ["open", "short"]

  private func result(_ detections: [Detection], _ truths: [GroundTruth]) -> ImageResult {
    ImageResult(imageID: "board", detections: detections, truths: truths)
  }

  @Test("Perfect detections score 1 everywhere, and a class without boxes has no value")
  func perfect() throws {
    let truths = [GroundTruth(box: box(10, 10, 20), classID: 0), GroundTruth(box: box(100, 100, 50), classID: 0)]
    let detections = truths.map { Detection(box: $0.box, classID: 0, score: 0.9) }
    let accuracy = Accuracy(results: [result(detections, truths)], classNames: names)
    let (map50, map50_95) = (try #require(accuracy.map50), try #require(accuracy.map50_95))
    #expect(abs(map50 - 0.995) < 0.01 && abs(map50_95 - map50) < 1e-12)
    #expect(accuracy.map50_95Small == 1 && accuracy.map50_95Medium == 1 && accuracy.map50_95Large == nil)
    #expect(accuracy.precision == 1 && accuracy.recall == 1)
    #expect(accuracy.imageCount == 1 && accuracy.boxCount == 2)
    #expect(accuracy.classes[0].ap50_95 == accuracy.map50_95)
    #expect(accuracy.classes[1].ap50 == nil && accuracy.classes[1].recall == nil && accuracy.classes[1].boxCount == 0)
  }

  @Test("No detections score 0")
  func noDetections() {
    let accuracy = Accuracy(
      results: [result([], [GroundTruth(box: box(0, 0, 20), classID: 1)])], classNames: names)
    #expect(accuracy.map50 == 0 && accuracy.map50_95 == 0 && accuracy.precision == 0 && accuracy.recall == 0)
    #expect(accuracy.map50_95Small == 0 && accuracy.map50_95Medium == nil)
    #expect(accuracy.classes[1].ap50 == 0 && accuracy.classes[0].ap50 == nil)
  }

  @Test("No boxes, or no images, have no value: not in the mean, not by class, not by size")
  func noBoxes() {
    let wrong = Detection(box: box(0, 0, 9), classID: 0, score: 0.5)
    for results in [[result([wrong], [])], []] {
      let accuracy = Accuracy(results: results, classNames: names)
      #expect(accuracy.map50 == nil && accuracy.map50_95 == nil && accuracy.precision == nil && accuracy.recall == nil)
      #expect(accuracy.map50_95Small == nil && accuracy.classes.allSatisfy { $0.ap50 == nil })
      #expect(accuracy.imageCount == results.count && accuracy.boxCount == 0)
    }
  }

  @Test("A class without boxes leaves the mean alone, whatever is detected of it")
  func classWithoutBoxes() {
    let truth = GroundTruth(box: box(0, 0, 40), classID: 0)
    let right = Detection(box: truth.box, classID: 0, score: 0.5)
    let foreign = Detection(box: truth.box, classID: 1, score: 0.9)
    let plain = Accuracy(results: [result([right], [truth])], classNames: names)
    #expect(Accuracy(results: [result([foreign, right], [truth])], classNames: names) == plain)
  }

  @Test("A score that is not a number is left out, and a box that is not one is a mistake")
  func notNumbers() throws {
    let truth = GroundTruth(box: box(0, 0, 40), classID: 0)
    let right = Detection(box: truth.box, classID: 0, score: 0.5)
    let noScore = Detection(box: truth.box, classID: 0, score: .nan)
    let noBox = Detection(box: Box(x1: .nan, y1: 0, x2: 1, y2: 1), classID: 0, score: 0.9)
    let plain = Accuracy(results: [result([right], [truth])], classNames: names)
    #expect(Accuracy(results: [result([noScore, right], [truth])], classNames: names) == plain)
    let damaged = Accuracy(results: [result([noBox, right], [truth])], classNames: names)
    let (map50, precision) = (try #require(damaged.map50), try #require(damaged.precision))
    #expect(try map50 < #require(plain.map50) && map50.isFinite && precision.isFinite)
  }

  @Test("Only the best 300 detections of an image count, or as many as it has boxes, or as many as are asked for")
  func cut() throws {
    let truth = GroundTruth(box: box(0, 0, 40), classID: 0)
    let misses = (0..<300).map { Detection(box: box(100, 100, 20), classID: 0, score: 0.9 - Double($0) / 1000) }
    let right = Detection(box: truth.box, classID: 0, score: 0.1)
    let all = result(misses + [right], [truth])
    #expect(Accuracy(results: [all], classNames: names).map50 == 0)
    #expect(
      try #require(Accuracy(results: [result([right] + misses.dropLast(), [truth])], classNames: names).map50) > 0)
    #expect(try #require(Accuracy(results: [all], classNames: names, maxDetections: 301).map50) > 0)
    let truths = (0..<400).map { GroundTruth(box: box(Double(50 * $0), 0, 40), classID: 0) }
    let crowd = result(truths.map { Detection(box: $0.box, classID: 0, score: 0.5) }, truths)
    let perfect = Accuracy(results: [crowd], classNames: names)
    #expect(try perfect.recall == 1 && #require(perfect.map50_95) > 0.99)
    #expect(Accuracy(results: [crowd], classNames: names, maxDetections: 100).recall == 0.25)
    #expect(perfect.map50_95Medium == Accuracy(results: [crowd], classNames: names, maxDetections: 100).map50_95Medium)
  }
}

@Suite("Detections claim boxes by the rule asked for")
struct MatchingTests {
  @Test("A second detection of a taken box takes the next best one by rule v84, and none by the classic rule")
  func secondChoice() {
    let truths = [GroundTruth(box: box(0, 0, 100), classID: 0), GroundTruth(box: box(20, 0, 100), classID: 0)]
    let detections = [
      Detection(box: box(0, 0, 100), classID: 0, score: 0.9), Detection(box: box(8, 0, 100), classID: 0, score: 0.8),
    ]
    let image = ImageResult(imageID: "board", detections: detections, truths: truths)
    #expect(Matching.hits(in: image, rule: .v84)[1] != 0)
    #expect(Matching.hits(in: image, rule: .classic)[1] == 0)
  }

  @Test("The surer detection wins a box, in whatever order they come")
  func order() {
    let truth = GroundTruth(box: box(0, 0, 100), classID: 0)
    let weak = Detection(box: box(0, 0, 100), classID: 0, score: 0.2)
    let strong = Detection(box: box(30, 0, 100), classID: 0, score: 0.8)
    let hits = Matching.hits(in: ImageResult(imageID: "", detections: [weak, strong], truths: [truth]))
    // The stronger one overlaps by 70 / 130 = 0.54: it takes the box at 0.5, the weaker one at the nine other
    // thresholds.
    #expect(hits == [0b11_1111_1110, 0b1])
  }

  @Test("A box of another class is never a hit")
  func classes() {
    let truth = GroundTruth(box: box(0, 0, 100), classID: 0)
    let image = ImageResult(
      imageID: "", detections: [Detection(box: truth.box, classID: 1, score: 1)], truths: [truth])
    #expect(Matching.hits(in: image) == [0])
  }
}

@Suite("Accuracy by size follows COCO")
struct SizeTests {
  @Test(
    "A box of exactly 32 x 32 pixels is small and medium, one of 96 x 96 medium and large, as in COCO's own evaluation",
    arguments: [(31, [1, nil, nil]), (32, [1, 1, nil]), (96, [nil, 1, 1]), (97, [nil, nil, 1])] as [(Double, [Double?])]
  )
  func limits(_ side: Double, _ expected: [Double?]) {
    let truth = GroundTruth(box: box(5, 5, side), classID: 0)
    let image = ImageResult(
      imageID: "", detections: [Detection(box: truth.box, classID: 0, score: 1)], truths: [truth])
    let accuracy = Accuracy(results: [image], classNames: ["open"])
    #expect([accuracy.map50_95Small, accuracy.map50_95Medium, accuracy.map50_95Large] == expected)
  }

  @Test("What lies outside the size is neither to be found nor a mistake to find")
  func ignored() {
    let small = GroundTruth(box: box(0, 0, 20), classID: 0)
    let large = GroundTruth(box: box(100, 100, 90), classID: 0)
    let detections = [
      Detection(box: large.box, classID: 0, score: 0.9), Detection(box: box(300, 300, 90), classID: 0, score: 0.8),
      Detection(box: small.box, classID: 0, score: 0.7),
    ]
    let image = ImageResult(imageID: "", detections: detections, truths: [small, large])
    #expect(Accuracy(results: [image], classNames: ["open"]).map50_95Small == 1)
  }

  @Test("Labels of six digits land on the whole pixels they were drawn at, others stay")
  func snapping() {
    let size = PixelSize(side: 640)
    let drawn = Box(x1: 101, y1: 203, x2: 133, y2: 235)
    var label = Label(classID: 3, box: drawn, size: size)
    func sixDigits(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
    label.centerX = sixDigits(label.centerX)
    label.centerY = sixDigits(label.centerY)
    label.width = sixDigits(label.width)
    label.height = sixDigits(label.height)
    let truth = GroundTruth(label: label, imageSize: size)
    #expect(truth == GroundTruth(box: drawn, classID: 3) && truth.box.area == 1024)
    let between = Label(classID: 0, box: Box(x1: 10.01, y1: 10.5, x2: 20.99, y2: 30.25), size: size)
    let kept = GroundTruth(label: between, imageSize: size).box
    #expect(abs(kept.x1 - 10.01) < 1e-9 && abs(kept.y1 - 10.5) < 1e-9 && abs(kept.x2 - 20.99) < 1e-9)
  }
}

@Suite("The bound on detections follows the data, and is reported")
struct DetectionBoundTests {
  @Test("Without a flag it is the larger of 300 and the most boxes of an image; the flag wins")
  func count() {
    #expect(DetectionBound(given: nil, mostBoxes: 3) == DetectionBound(given: nil, mostBoxes: 300))
    #expect(
      DetectionBound(given: nil, mostBoxes: 301).count == 301 && DetectionBound(given: 5, mostBoxes: 400).count == 5)
    #expect(DetectionBound(given: nil, mostBoxes: 3).line == nil)
    #expect(DetectionBound(given: nil, mostBoxes: 400).line?.flags.contains("400") == true)
    #expect(DetectionBound(given: 5, mostBoxes: 3).line?.flags.contains("--max-detections") == true)
  }

  @Test("A cut is a line, and no cut is none")
  func cut() {
    let bound = DetectionBound(given: nil, mostBoxes: 0)
    #expect(bound.line(cutting: 0, isExact: true) == nil)
    #expect(bound.line(cutting: 2, isExact: true)?.flags.hasPrefix("2 images have more than 300 detections") == true)
    #expect(bound.line(cutting: 1, isExact: false)?.flags.hasPrefix("1 image has 300 detections") == true)
  }
}
