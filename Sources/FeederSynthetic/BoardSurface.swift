import FeederCore
import FeederImaging

/// Turns a mask into the pixels of a camera's file: nearly black and white, edges one pixel soft, slight noise.
struct BoardSurface {
  private let size: PixelSize
  private let channels: Int
  private let noise: [UInt8]
  private let bare: [Int]
  private let copper: [Int]

  /// Largest change of a pixel by noise, of 255. It is too small to look like a defect.
  private static let noiseReach = 2

  /// The surface of board `index`. With one channel it looks like DeepPCB: black conductors on white. With three
  /// channels each board has its own colours of laminate and copper.
  init(seed: UInt64, index: Int, size: PixelSize, channels: Int) {
    self.size = size
    self.channels = channels
    var random = CounterRandom(seed: seed, index: index, purpose: .noise)
    if channels == 1 {
      (bare, copper) = ([255], [0])
    } else {
      let laminates = [[24, 96, 52], [30, 62, 120], [126, 34, 38], [58, 50, 44], [20, 84, 96]]
      let metals = [[214, 158, 104], [226, 196, 120], [206, 206, 200]]
      func near(_ colour: [Int]) -> [Int] { colour.map { $0 + random.integer(in: -14...14) } }
      bare = near(laminates[random.integer(below: laminates.count)])
      copper = near(metals[random.integer(below: metals.count)])
    }
    // One random word gives four bytes of noise.
    let count = size.width * size.height
    var noise = [UInt8]()
    noise.reserveCapacity(count + 4)
    while noise.count < count {
      let word = random.nextUInt32()
      for shift in [0, 8, 16, 24] { noise.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }
    self.noise = noise
  }

  /// The pixels of `mask`. A board and its template get the same noise from the same surface.
  func pixels(of mask: ConductorMask) -> Pixels {
    let shares = Self.softened(mask)
    let (channels, reach) = (channels, Self.noiseReach)
    // The value for each share of copper, by channel.
    let values = (0..<channels).flatMap { channel in
      (0...64).map { Int16((bare[channel] * (64 - $0) + copper[channel] * $0 + 32) / 64 - reach) }
    }
    let steps = Int16(2 * reach + 1)
    var bytes = [UInt8](repeating: 0, count: shares.count * channels)
    for channel in 0..<channels {
      for (at, share) in shares.enumerated() {
        let grain = (Int16(noise[at]) &* steps) >> 8
        bytes[at &* channels &+ channel] = UInt8(clamping: values[channel &* 65 &+ Int(share)] &+ grain)
      }
    }
    return Pixels(bytes: bytes, size: size, channels: channels)
  }

  /// Copper's share of each pixel in 64ths, blurred by (1 6 1) / 8 along rows and columns.
  private static func softened(_ mask: ConductorMask) -> [UInt8] {
    let (width, height) = (mask.size.width, mask.size.height)
    var rows = [UInt8](repeating: 0, count: mask.bytes.count)
    var result = rows
    let source = mask.bytes
    for y in 0..<height {
      let row = y * width
      for x in 0..<width {
        rows[row + x] = source[row + max(x - 1, 0)] &+ 6 &* source[row + x] &+ source[row + min(x + 1, width - 1)]
      }
    }
    for y in 0..<height {
      let (above, below) = (max(y - 1, 0) * width, min(y + 1, height - 1) * width)
      for x in 0..<width {
        result[y * width + x] = rows[above + x] &+ 6 &* rows[y * width + x] &+ rows[below + x]
      }
    }
    return result
  }
}
