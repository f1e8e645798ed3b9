import FeederCore
import Testing

@Suite("Boxes that the network hardly sees are counted, with the image size that keeps them")
struct TinyBoxTests {
  /// Square boxes of these sides in pixels on images of `size`.
  private func boxes(_ sides: [Double], on size: PixelSize) -> TinyBoxes {
    var boxes = TinyBoxes()
    for side in sides {
      boxes.add(Label(classID: 0, box: Box(x1: 9, y1: 9, x2: 9 + side, y2: 9 + side), size: size), on: size)
    }
    return boxes
  }

  @Test("The image's longer side decides, and 2 px is enough")
  func limits() {
    let size = PixelSize(width: 2560, height: 1440)
    let all = boxes([4, 7.9, 8, 40], on: size)
    #expect(all.count(imageSize: 640) == 2 && all.count(imageSize: 1280) == 0 && all.count(imageSize: 320) == 3)
    #expect(
      all.line("val", imageSize: 640)?.flags
        == "val: 2 of 4 boxes are under 2 px at --image-size 640; --image-size 1280 keeps 99 % of all boxes at 2 px or more"
    )
    #expect(all.line("val", imageSize: 1280) == nil)
    #expect(TinyBoxes().line("val", imageSize: 640) == nil)
  }

  @Test("One box in a hundred may be lost, and what no size keeps needs tiles")
  func advice() throws {
    let size = PixelSize(side: 1000)
    let one = try #require(
      boxes([0.1] + Array(repeating: 2, count: 199), on: size).line("train", imageSize: 640)?.flags)
    #expect(one.contains("200 of 200") && one.contains("--image-size 1024 keeps 99 %"))
    let none = try #require(boxes([0.1, 0], on: size).line("train", imageSize: 640)?.flags)
    #expect(none.contains("no --image-size up to 8192") && none.contains("--tile auto"))
  }
}
