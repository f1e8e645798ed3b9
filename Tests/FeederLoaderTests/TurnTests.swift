import BoardSupport
import FeederCache
import FeederCore
import FeederImaging
import Testing

@testable import FeederLoader

@Suite("Rotation, shear, perspective and vertical flips move pixels and boxes alike")
struct TurnTests {
  private static let side = 160
  private static let sizes = [
    PixelSize(width: 96, height: 96), PixelSize(width: 120, height: 70), PixelSize(width: 50, height: 90),
    PixelSize(width: 200, height: 160),
  ]
  /// The bright mark on each otherwise dark picture, in the picture's pixels.
  private static let mark = Box(x1: 14, y1: 20, x2: 38, y2: 52)

  private func settings(_ change: (inout AugmentationSettings) -> Void = { _ in }) -> AugmentationSettings {
    var settings = AugmentationSettings()
    settings.degrees = 40
    settings.shear = 12
    settings.perspective = 0.001
    settings.flipud = 0.5
    change(&settings)
    return settings
  }

  private func plan(_ epoch: Int, _ settings: AugmentationSettings) -> AugmentationPlan {
    AugmentationPlan(
      seed: 5, epoch: epoch, index: epoch % 4, imageCount: 4, imageSize: Self.side, mosaicIsOpen: true,
      settings: settings)
  }

  /// Draws the canvas as a worker does. Only member 0 has the mark.
  private func drawn(_ canvas: TrainingCanvas) -> [UInt8] {
    var output = [UInt8](repeating: 114, count: Self.side * Self.side)
    let scratch = PixelScratch()
    output.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let target = PlanarTarget(base: base, size: PixelSize(side: Self.side), channels: 1)
      for (number, image) in canvas.images.enumerated() {
        picture(image.size, isMarked: number == 0).withView { view in
          guard let turn = canvas.turn else {
            let (columns, rows) = canvas.rectangle(of: image)
            let map = canvas.map(of: image, stored: view.size)
            return resample(view, map: map, into: target, columns: columns, rows: rows, scratch: scratch)
          }
          let (map, part) = canvas.turnedMap(of: image, turn, stored: view.size)
          warp(view, map: map, part: part, into: target, scratch: scratch)
        }
      }
    }
    return output
  }

  private func picture(_ size: PixelSize, isMarked: Bool) -> Pixels {
    var pixels = Pixels(size: size, channels: 1, value: 20)
    guard isMarked else { return pixels }
    for y in Int(Self.mark.y1)..<Int(Self.mark.y2) {
      for x in Int(Self.mark.x1)..<Int(Self.mark.x2) { pixels.bytes[y * size.width + x] = 255 }
    }
    return pixels
  }

  /// The box around the pixels that are more than half mark.
  private func brightBox(_ output: [UInt8]) -> Box? {
    let places = output.indices.filter { output[$0] > 137 }.map { ($0 % Self.side, $0 / Self.side) }
    guard let left = places.map(\.0).min(), let right = places.map(\.0).max(), let top = places.first?.1,
      let bottom = places.last?.1
    else { return nil }
    return Box(x1: Double(left), y1: Double(top), x2: Double(right + 1), y2: Double(bottom + 1))
  }

  @Test("a mark's box follows the mark", arguments: [0.0, 1.0], [true, false])
  func boxesFollowMarks(mosaic: Double, isTurned: Bool) {
    let settings = settings {
      $0.mosaic = mosaic
      if !isTurned { ($0.degrees, $0.shear, $0.perspective) = (0, 0, 0) }
    }
    var wholeCount = 0
    for epoch in 0..<160 {
      let canvas = TrainingCanvas(plan(epoch, settings), imageSize: Self.side) { Self.sizes[$0] }
      #expect((canvas.turn != nil) == isTurned)
      guard let label = canvas.box(Self.mark, of: canvas.images[0]), let bright = brightBox(drawn(canvas)) else {
        continue
      }
      // No bright pixel is outside of the label, even at the edges.
      let gaps = [bright.x1 - label.x1, bright.y1 - label.y1, label.x2 - bright.x2, label.y2 - bright.y2]
      #expect(gaps.allSatisfy { $0 > -1 }, "epoch \(epoch): \(gaps)")
      let end = Double(Self.side)
      guard label.x1 > 0, label.y1 > 0, label.x2 < end, label.y2 < end else { continue }
      wholeCount += 1
      // A sharp corner may end up to 2 px before the pixels that it covers by less than half.
      #expect(gaps.allSatisfy { $0 < 2.5 }, "epoch \(epoch): \(gaps)")
    }
    #expect(wholeCount > 15)
  }

  @Test("a turn of next to nothing draws what the way along the axes draws")
  func nearIdentity() {
    let still = settings { ($0.degrees, $0.shear, $0.perspective) = (0, 0, 0) }
    let nearly = settings { ($0.degrees, $0.shear, $0.perspective) = (1e-7, 0, 0) }
    for epoch in 0..<24 {
      let canvases = [still, nearly].map { settings in
        TrainingCanvas(plan(epoch, settings), imageSize: Self.side) { Self.sizes[$0] }
      }
      #expect(canvases[0].turn == nil && canvases[1].turn != nil)
      let (along, turned) = (drawn(canvases[0]), drawn(canvases[1]))
      let differing = zip(along, turned).count { abs(Int($0) - Int($1)) > 1 }
      #expect(differing == 0, "epoch \(epoch)")
      for image in canvases[0].images {
        let boxes = canvases.map { $0.box(Self.mark, of: image) }
        guard let one = boxes[0], let other = boxes[1] else {
          #expect(boxes[0] == nil && boxes[1] == nil)
          continue
        }
        #expect(max(abs(one.x1 - other.x1), abs(one.y1 - other.y1)) < 1e-4)
        #expect(max(abs(one.x2 - other.x2), abs(one.y2 - other.y2)) < 1e-4)
      }
    }
  }

  @Test("the new choices move none of the old ones, and defaults turn nothing")
  func choicesAreIndependent() {
    var flipCount = 0
    for epoch in 0..<40 {
      let (plain, rich) = (plan(epoch, AugmentationSettings()), plan(epoch, settings()))
      #expect(!plain.isTurned && !plain.flipsUp && rich.isTurned)
      #expect(plain.members == rich.members && plain.flips == rich.flips && plain.isMosaic == rich.isMosaic)
      #expect([plain.gain, plain.shiftX, plain.shiftY] == [rich.gain, rich.shiftX, rich.shiftY])
      #expect(
        [plain.hueGain, plain.saturationGain, plain.valueGain] == [rich.hueGain, rich.saturationGain, rich.valueGain])
      #expect(abs(rich.angle) <= 0.7 && abs(rich.shearX) <= 0.21 && abs(rich.perspectiveY) <= 0.001)
      flipCount += rich.flipsUp ? 1 : 0
    }
    #expect((8...32).contains(flipCount))
  }

  @Test("the turned stream does not depend on workers and depth", arguments: [1, 3])
  func workersDoNotMatter(channels: Int) throws {
    let boards = try TemporaryBoards(count: 9, channels: channels)
    let source = DirectSource(try SourceSurvey(boards.entries), channels: channels, imageSize: 64)
    var hashes: [UInt64] = []
    for (workers, depth, turns) in [(1, 1, true), (4, 2, true), (2, 8, true), (2, 2, false)] {
      let augmentation = turns ? settings() : AugmentationSettings()
      let loader = try Loader(
        source: source,
        settings: LoaderSettings(
          batch: 4, imageSize: 64, mode: .training(augmentation), seed: 3, workers: workers, prefetchDepth: depth))
      loader.startEpoch(0)
      while let batch = try loader.nextBatch() { batch.release() }
      hashes.append(loader.epochHash)
    }
    #expect(hashes[0] == hashes[1] && hashes[0] == hashes[2] && hashes[0] != hashes[3])
  }

  @Test("settings outside their ranges are refused by name")
  func ranges() {
    let changes: [(String, (inout AugmentationSettings) -> Void)] = [
      ("degrees", { $0.degrees = 181 }), ("shear", { $0.shear = 45 }), ("perspective", { $0.perspective = 0.01 }),
      ("flipud", { $0.flipud = -0.1 }), ("degrees", { $0.degrees = .nan }),
    ]
    for (name, change) in changes {
      let wrong = settings(change)
      do {
        try wrong.check()
        Issue.record("\(name) passed")
      } catch {
        #expect("\(error)".hasPrefix(name + " "))
      }
    }
  }
}
