import CPixels
import FeederImaging

/// How levels of more than 8 bits become bytes: the level that is shown as black, the one that is shown as white, and the curve between.
///
/// One for a whole data set, never one per picture. Pictures of up to 8 bits are not mapped.
package struct LevelWindow: Hashable, Sendable {
  /// The way from black to white.
  package enum Curve: String, Sendable, CaseIterable {
    /// Equal steps of light are equal steps of bytes.
    case linear
    /// The square root: finer steps in the dark, in proportion to the noise of light.
    case sqrt
  }

  /// Black and white as levels, 0...65,535, black below white; nil is the whole range of the file: 0 to the white level of its header.
  package let levels: Range<Int>?
  /// The way from black to white.
  package let curve: Curve

  /// From 0 to the file's own white, in equal steps: what is done if nobody says anything else.
  package static let full = LevelWindow()

  /// The whole range of the file.
  package init(curve: Curve = .linear) {
    levels = nil
    self.curve = curve
  }

  /// From `black` to `white`; nil unless 0 <= black < white <= 65,535.
  package init?(black: Int, white: Int, curve: Curve = .linear) {
    guard black >= 0, black < white, white <= 65_535 else { return nil }
    levels = black..<white
    self.curve = curve
  }

  /// The same black and white with another curve.
  package func with(_ curve: Curve) -> LevelWindow {
    guard let levels else { return LevelWindow(curve: curve) }
    return LevelWindow(black: levels.lowerBound, white: levels.upperBound, curve: curve) ?? self
  }

  /// Black, white and curve, for people: "200 to 3900, linear".
  package var words: String {
    (levels.map { "\($0.lowerBound) to \($0.upperBound)" } ?? "full, 0 to the white of each file")
      + ", \(curve.rawValue)"
  }

  /// "full", or black and white as in "200,3900"; nil for every other text.
  package init?(text: String, curve: Curve = .linear) {
    if text == "full" {
      self.init(curve: curve)
      return
    }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false)
    guard numbers.count == 2, numbers.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let black = Int(numbers[0]),
      let white = Int(numbers[1])
    else { return nil }
    self.init(black: black, white: white, curve: curve)
  }

  /// What `init(text:)` reads.
  package var text: String { levels.map { "\($0.lowerBound),\($0.upperBound)" } ?? "full" }

  /// Black and white for a file whose header gives `white`.
  package func resolved(white: Int) -> Range<Int> { levels ?? 0..<white }

  /// Fills a table of 65,536 bytes, one for each level, for a file whose white is `white`; an inverted file has its white at 0.
  func fill(_ table: UnsafeMutablePointer<UInt8>, white: Int, isInverted: Bool) {
    let range = resolved(white: white)
    let span = range.count
    for level in 0...65_535 {
      let above = min(max((isInverted ? white - level : level) - range.lowerBound, 0), span)
      table[level] = UInt8(curve.value(above, of: span))
    }
  }

  /// The same table as equal steps, which are faster than looking up; nil unless the kernel gives every one of its 65,536 bytes.
  func steps(_ table: UnsafePointer<UInt8>, white: Int, isInverted: Bool) -> feeder_steps? {
    let range = resolved(white: white)
    let black = isInverted ? white - range.lowerBound : range.lowerBound
    guard curve == .linear, let black = UInt16(exactly: black), let span = UInt16(exactly: range.count) else {
      return nil
    }
    var steps = feeder_steps(
      black: black, span: span, falls: isInverted ? 1 : 0, scale: 255 / Float(span),
      offset: (Float(span / 2) + 0.5) / Float(span))
    let levels = (0...65_535).map { UInt16($0) }
    let bytes = [UInt8](unsafeUninitializedCapacity: levels.count) { bytes, count in
      guard let base = bytes.baseAddress else { return }
      PixelLevel.active.kernels.pointee.step_words(levels, Int32(levels.count), 0, &steps, base)
      count = levels.count
    }
    return bytes.elementsEqual(UnsafeBufferPointer(start: table, count: levels.count)) ? steps : nil
  }
}

extension LevelWindow.Curve {
  /// The byte of a level that is `above` of `span` levels above black: the nearest to 255 above / span, or to 255 times its square
  /// root; a half is rounded up. In whole numbers, so that every machine gives the same.
  fileprivate func value(_ above: Int, of span: Int) -> Int {
    switch self {
    case .linear: return (255 * above + span / 2) / span
    case .sqrt:
      var value = Int((255 * (Double(above) / Double(span)).squareRoot()).rounded())
      func reaches(_ value: Int) -> Bool { (2 * value - 1) * (2 * value - 1) * span <= 4 * 255 * 255 * above }
      while value > 0, !reaches(value) { value -= 1 }
      while value < 255, reaches(value + 1) { value += 1 }
      return value
    }
  }
}
