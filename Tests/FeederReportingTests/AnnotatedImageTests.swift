import FeederCodecs
import FeederCore
import FeederImaging
import FeederMetrics
import FeederReporting
import Testing

@Suite("Detections are drawn at their place, in colour, whatever they hold")
struct AnnotatedImageTests {
  private let grey = Pixels(size: PixelSize(width: 400, height: 300), channels: 1, value: 128)
  private let names = ["open", "mousebite"]

  private func changed(_ pixels: Pixels, x: Int, y: Int) -> Bool {
    let place = (y * pixels.size.width + x) * 3
    return Array(pixels.bytes[place..<place + 3]) != [128, 128, 128]
  }

  @Test("The frame surrounds the box, the box itself stays visible, and a label stands above it")
  func frame() {
    let detection = Detection(box: Box(x1: 100, y1: 100, x2: 120, y2: 130), classID: 1, score: 0.87)
    let drawn = AnnotatedImage.drawn(grey, detections: [detection], classNames: names)
    #expect(drawn.channels == 3 && drawn.size == grey.size)
    #expect(changed(drawn, x: 99, y: 110) && changed(drawn, x: 120, y: 110) && changed(drawn, x: 110, y: 130))
    #expect(!changed(drawn, x: 110, y: 115) && !changed(drawn, x: 100, y: 100) && !changed(drawn, x: 119, y: 129))
    #expect(changed(drawn, x: 100, y: 92) && !changed(drawn, x: 300, y: 200))
  }

  @Test("Classes differ in colour, and the same class looks the same everywhere")
  func colors() {
    func color(_ classID: Int) -> [UInt8] {
      let detection = Detection(box: Box(x1: 50, y1: 50, x2: 90, y2: 90), classID: classID, score: 0.5)
      let drawn = AnnotatedImage.drawn(grey, detections: [detection], classNames: [])
      let place = (70 * drawn.size.width + 49) * 3
      return Array(drawn.bytes[place..<place + 3])
    }
    #expect(Set((0..<20).map(color)).count == 20)
    #expect(color(3) == color(3))
  }

  @Test("Another name gives another label")
  func text() {
    func drawn(_ names: [String]) -> Pixels {
      let detection = Detection(box: Box(x1: 50, y1: 50, x2: 90, y2: 90), classID: 0, score: 0.5)
      return AnnotatedImage.drawn(grey, detections: [detection], classNames: names)
    }
    #expect(drawn(["open"]) != drawn(["oper"]))
    #expect(drawn(["L\u{F6}tstelle"]) != drawn(["L?tstelle"]))
    #expect(drawn(["\u{77ED}\u{8DEF}"]) != drawn(["\u{5F00}\u{8DEF}"]))
    #expect(drawn(["Lo\u{308}tstelle"]) == drawn(["L\u{F6}tstelle"]))
  }

  @Test("Boxes at and beyond the edges, and boxes that are not numbers, do no harm")
  func edges() throws {
    let boxes = [
      Box(x1: -50, y1: -50, x2: 5, y2: 5), Box(x1: 390, y1: 290, x2: 900, y2: 900), Box(x1: 0, y1: 0, x2: 400, y2: 300),
      Box(x1: .nan, y1: 0, x2: 9, y2: 9), Box(x1: 0, y1: 0, x2: .infinity, y2: 9), Box(x1: 9, y1: 9, x2: 3, y2: 3),
      Box(x1: -1e300, y1: -1e300, x2: 1e300, y2: 1e300), Box(x1: 600, y1: 600, x2: 700, y2: 700),
    ]
    let detections = boxes.map { Detection(box: $0, classID: 0, score: .nan) }
    let tiny = Pixels(size: PixelSize(width: 3, height: 2), channels: 3, value: 9)
    for image in [grey, tiny] {
      #expect(AnnotatedImage.drawn(image, detections: detections, classNames: names).size == image.size)
    }
  }

  @Test("The JPEG decodes to the drawn picture in colour")
  func jpeg() throws {
    let detection = Detection(box: Box(x1: 100, y1: 100, x2: 200, y2: 200), classID: 0, score: 0.5)
    let bytes = try AnnotatedImage.jpeg(grey, detections: [detection], classNames: names, encoder: JPEGEncoder())
    let wanted = AnnotatedImage.drawn(grey, detections: [detection], classNames: names)
    let decoder = try ImageDecoder()
    let back = try bytes.withUnsafeBytes { jpeg in
      #expect(try decoder.open(jpeg).channels == 3)
      return try decoder.decode(jpeg, channels: 3)
    }
    let difference = zip(back.bytes, wanted.bytes).map { abs(Int($0) - Int($1)) }.reduce(0, +)
    #expect(back.size == wanted.size && Double(difference) / Double(wanted.bytes.count) < 2)
  }
}
