import BoardSupport
import FeederCore
import FeederImaging
import Testing

@testable import FeederLoader

@Suite("Mosaic and affine give the pixels and boxes of a slow drawing of the canvas")
struct CanvasTests {
  private static let sizes = [
    PixelSize(width: 96, height: 96), PixelSize(width: 120, height: 70), PixelSize(width: 50, height: 90),
    PixelSize(width: 130, height: 130),
  ]

  private func canvas(epoch: Int, mosaic: Bool) -> (AugmentationPlan, TrainingCanvas) {
    let plan = AugmentationPlan(
      seed: 5, epoch: epoch, index: epoch % 4, imageCount: 4, imageSize: 64, mosaicIsOpen: mosaic,
      settings: AugmentationSettings())
    return (plan, TrainingCanvas(plan, imageSize: 64) { Self.sizes[$0] })
  }

  /// The canvas point of an output point by the definition, in single steps, without the production code's shortcuts.
  private func canvasPoint(_ plan: AugmentationPlan, x: Double, y: Double, side: Double) -> (Double, Double) {
    let unflipped = plan.flips ? 64 - x : x
    return ((unflipped - plan.shiftX) / plan.gain + side / 2, (y - plan.shiftY) / plan.gain + side / 2)
  }

  /// The frame of each member on the canvas, by the definition.
  private func frames(_ plan: AugmentationPlan) -> [Box] {
    (0..<(plan.isMosaic ? 4 : 1)).map { place in
      let size = Self.sizes[plan.members[place]]
      let ratio = 64 / Double(max(size.width, size.height))
      let (w, h) = (Double(size.width) * ratio, Double(size.height) * ratio)
      let (cx, cy) = (Double(plan.centerX), Double(plan.centerY))
      guard plan.isMosaic else { return Box(x1: 32 - w / 2, y1: 32 - h / 2, x2: 32 + w / 2, y2: 32 + h / 2) }
      switch place {
      case 0: return Box(x1: cx - w, y1: cy - h, x2: cx, y2: cy)
      case 1: return Box(x1: cx, y1: cy - h, x2: cx + w, y2: cy)
      case 2: return Box(x1: cx - w, y1: cy, x2: cx, y2: cy + h)
      default: return Box(x1: cx, y1: cy, x2: cx + w, y2: cy + h)
      }
    }
  }

  @Test(
    "every pixel equals a bilinear look into the source, within 1 of 255; bare ones are 114", arguments: [true, false])
  func pixelsMatchSlowReference(mosaic: Bool) throws {
    let boards = Self.sizes.enumerated().map { TemporaryBoards.board($0, size: $1, channels: 3) }
    let scratch = PixelScratch()
    for epoch in 0..<24 {
      let (plan, canvas) = canvas(epoch: epoch, mosaic: mosaic)
      var output = [UInt8](repeating: 114, count: 3 * 64 * 64)
      output.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let target = PlanarTarget(base: base, size: PixelSize(side: 64), channels: 3)
        for image in canvas.images {
          let (columns, rows) = canvas.rectangle(of: image)
          boards[image.entryIndex].withView {
            resample(
              $0, map: canvas.map(of: image, stored: $0.size), into: target, columns: columns, rows: rows,
              scratch: scratch)
          }
        }
      }
      var worst = 0.0
      for y in 0..<64 {
        for x in 0..<64 {
          for channel in 0..<3 {
            let expected = slowPixel(plan, boards, x: x, y: y, channel: channel, side: mosaic ? 128 : 64)
            worst = max(worst, abs(expected - Double(output[(channel * 64 + y) * 64 + x])))
          }
        }
      }
      #expect(worst <= 1, "epoch \(epoch)")
    }
  }

  private func slowPixel(
    _ plan: AugmentationPlan, _ boards: [Pixels], x: Int, y: Int, channel: Int, side: Double
  ) -> Double {
    let (cx, cy) = canvasPoint(plan, x: Double(x) + 0.5, y: Double(y) + 0.5, side: side)
    guard cx >= 0, cy >= 0, cx < side, cy < side else { return 114 }
    for (place, frame) in frames(plan).enumerated() {
      guard cx >= frame.x1, cx < frame.x2, cy >= frame.y1, cy < frame.y2 else { continue }
      let board = boards[plan.members[place]]
      let u = (cx - frame.x1) / frame.width * Double(board.size.width) - 0.5
      let v = (cy - frame.y1) / frame.height * Double(board.size.height) - 0.5
      func value(_ column: Double, _ row: Double) -> Double {
        let c = Int(min(max(column, 0), Double(board.size.width - 1)))
        let r = Int(min(max(row, 0), Double(board.size.height - 1)))
        return Double(board.bytes[(r * board.size.width + c) * 3 + channel])
      }
      let (c, r) = (u.rounded(.down), v.rounded(.down))
      let upper = value(c, r) * (1 - (u - c)) + value(c + 1, r) * (u - c)
      let lower = value(c, r + 1) * (1 - (u - c)) + value(c + 1, r + 1) * (u - c)
      return upper * (1 - (v - r)) + lower * (v - r)
    }
    return 114
  }

  @Test("rectangles and bare runs are the whole output, each pixel once", arguments: [true, false])
  func bareRuns(mosaic: Bool) {
    var bareCount = 0
    for epoch in 0..<120 {
      let plan = canvas(epoch: epoch, mosaic: mosaic).0
      // Sometimes an image is missing.
      let canvas = TrainingCanvas(plan, imageSize: 64) { epoch % 5 == $0 ? nil : Self.sizes[$0] }
      var counts = [Int](repeating: 0, count: 64 * 64)
      for image in canvas.images {
        let (columns, rows) = canvas.rectangle(of: image)
        for row in rows { for column in columns { counts[row * 64 + column] += 1 } }
      }
      canvas.forEachBareRun { row, columns in
        bareCount += columns.count
        for column in columns { counts[row * 64 + column] += 1 }
      }
      let isOnce = counts.allSatisfy { $0 == 1 }
      #expect(isOnce, "epoch \(epoch)")
    }
    #expect(bareCount > 1000)
  }

  @Test("boxes follow the rule step by step", arguments: [true, false])
  func boxesMatchReference(mosaic: Bool) throws {
    var random = CounterRandom(seed: 9, purpose: .defects)
    var (kept, dropped) = (0, 0)
    for epoch in 0..<300 {
      let (plan, canvas) = canvas(epoch: epoch, mosaic: mosaic)
      let side = mosaic ? 128.0 : 64
      for (place, image) in canvas.images.enumerated() {
        let (w, h) = (Double(image.size.width), Double(image.size.height))
        let (x, y) = (random.uniform(0, w), random.uniform(0, h))
        let box = Box(x1: x, y1: y, x2: random.uniform(x, w), y2: random.uniform(y, h))
        let expected = slowBox(box, plan, frames(plan)[place], image.size, side)
        let found = canvas.box(box, of: image)
        #expect((found == nil) == (expected == nil))
        guard let found, let expected else {
          dropped += 1
          continue
        }
        kept += 1
        let gaps = [
          found.x1 - expected.x1, found.y1 - expected.y1, found.x2 - expected.x2, found.y2 - expected.y2,
        ]
        #expect(gaps.allSatisfy { abs($0) < 1e-9 })
      }
    }
    #expect(kept > 100 && dropped > 20)
  }

  private func slowBox(_ box: Box, _ plan: AugmentationPlan, _ frame: Box, _ size: PixelSize, _ side: Double) -> Box? {
    let ratio = frame.width / Double(size.width)
    let corners = [(box.x1, box.y1), (box.x2, box.y2)].map { x, y -> (Double, Double) in
      let cx = min(max(frame.x1 + x * ratio, 0), side)
      let cy = min(max(frame.y1 + y * ratio, 0), side)
      return (plan.gain * (cx - side / 2) + plan.shiftX, plan.gain * (cy - side / 2) + plan.shiftY)
    }
    let area = (corners[1].0 - corners[0].0) * (corners[1].1 - corners[0].1)
    var clipped = corners.map { (min(max($0.0, 0), 64), min(max($0.1, 0), 64)) }
    let (w, h) = (clipped[1].0 - clipped[0].0, clipped[1].1 - clipped[0].1)
    guard w > 2, h > 2, w * h / (area + 1e-16) > 0.1, max(w / h, h / w) < 100 else { return nil }
    if plan.flips { clipped = [(64 - clipped[1].0, clipped[0].1), (64 - clipped[0].0, clipped[1].1)] }
    return Box(x1: clipped[0].0, y1: clipped[0].1, x2: clipped[1].0, y2: clipped[1].1)
  }

  @Test("a picture without change is the letterbox in the middle")
  func identity() {
    var still = AugmentationSettings()
    still.mosaic = 0
    still.scale = 0
    still.translate = 0
    still.fliplr = 0
    let plan = AugmentationPlan(
      seed: 0, epoch: 0, index: 1, imageCount: 4, imageSize: 64, mosaicIsOpen: true, settings: still)
    let canvas = TrainingCanvas(plan, imageSize: 64) { Self.sizes[$0] }
    let (columns, rows) = canvas.rectangle(of: canvas.images[0])
    #expect(columns == 0..<64)
    #expect(rows == 13..<51)
    let box = canvas.box(Box(x1: 0, y1: 0, x2: 120, y2: 70), of: canvas.images[0])
    #expect(abs((box?.height ?? 0) - 64.0 / 120 * 70) < 1e-9)
  }
}
