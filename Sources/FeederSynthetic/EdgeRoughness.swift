import FeederCore

/// Ragged edges, as binarising a scan leaves them.
extension ConductorMask {
  /// The mask with every edge moved in or out by about a pixel, and with rounded corners.
  ///
  /// A pixel becomes copper if the share of copper within 5 x 5 pixels plus noise is more than one half. One part of
  /// the noise is common to 3 x 3 pixels, because notches on real images are 2 to 4 pixels long; the other part is the
  /// pixel's own.
  func roughened(_ random: inout CounterRandom) -> ConductorMask {
    let (width, height) = (size.width, size.height)
    let sums = neighbourCounts()
    let cells = (width + 2) / 3
    let cellNoise = (0..<(cells * ((height + 2) / 3))).map { _ in random.integer(in: -4...4) }
    var result = bytes
    for y in 0..<height {
      for x in 0..<width {
        let count = Int(sums[y * width + x])
        // Far from every edge the noise changes nothing.
        guard count > 3, count < 22 else { continue }
        let noise = cellNoise[y / 3 * cells + x / 3] + random.integer(in: -2...2)
        result[y * width + x] = 2 * count + noise > 25 ? 1 : 0
      }
    }
    return ConductorMask(size: size, bytes: result)
  }

  /// Number of conductor pixels among the 25 around each pixel. Pixels of the border are repeated outside of the image.
  private func neighbourCounts() -> [UInt8] {
    let (width, height) = (size.width, size.height)
    var rows = bytes
    var result = [UInt8](repeating: 0, count: bytes.count)
    for row in stride(from: 0, to: width * height, by: width) {
      for x in [0, 1, width - 2, width - 1] {
        rows[row + x] = 0
        for near in (x - 2)...(x + 2) { rows[row + x] &+= bytes[row + min(max(near, 0), width - 1)] }
      }
      for x in (row &+ 2)..<(row &+ width &- 2) {
        rows[x] = bytes[x &- 2] &+ bytes[x &- 1] &+ bytes[x] &+ bytes[x &+ 1] &+ bytes[x &+ 2]
      }
    }
    for y in 0..<height {
      for near in (y - 2)...(y + 2) {
        let row = min(max(near, 0), height - 1) * width
        for x in 0..<width { result[y * width + x] &+= rows[row + x] }
      }
    }
    return result
  }
}
