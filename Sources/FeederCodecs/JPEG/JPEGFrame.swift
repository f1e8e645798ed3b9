import FeederCore
import FeederImaging

/// What a frame header says (ITU-T T.81, B.2.2), checked. Lives no longer than the bytes it lies in.
struct JPEGFrame {
  /// Stored size in pixels.
  let size: PixelSize
  let isProgressive: Bool
  /// 1 or 3.
  let componentCount: Int
  private let bytes: EncodedBytes
  private let firstComponent: Int
  /// The largest sampling factors of all components, 1 to 4.
  private let horizontal: Int
  private let vertical: Int

  /// Reads the header that `marker` announces. Throws `ImagingError` for every kind that is not decoded.
  init(_ marker: UInt8, _ bytes: EncodedBytes, _ payload: Range<Int>, _ limits: ImageLimits) throws {
    if let reason = Self.refusedCoding(marker) { throw ImagingError.unsupported(.jpeg, reason: reason) }
    guard payload.count >= 6 else { throw ImagingError.damaged(.jpeg, reason: "the frame header is too short") }
    let start = payload.lowerBound
    let precision = Int(bytes[start])
    guard precision == 8 else { throw ImagingError.unsupported(.jpeg, reason: "\(precision) bits a sample") }
    let height = bytes.number(at: start + 1)
    let width = bytes.number(at: start + 3)
    let components = Int(bytes[start + 5])
    guard payload.count == 6 + 3 * components else {
      throw ImagingError.damaged(.jpeg, reason: "the frame header's length does not fit \(components) components")
    }
    guard width > 0, height > 0 else { throw ImagingError.damaged(.jpeg, reason: "its size is \(width) x \(height)") }
    try limits.check(width: width, height: height)
    switch components {
    case 1, 3: break
    case 4: throw ImagingError.unsupported(.jpeg, reason: "CMYK or YCCK, 4 components")
    default: throw ImagingError.unsupported(.jpeg, reason: "\(components) components")
    }
    size = PixelSize(width: width, height: height)
    isProgressive = marker == 0xC2
    componentCount = components
    self.bytes = bytes
    firstComponent = start + 6
    var (horizontal, vertical) = (1, 1)
    for component in 0..<components {
      let factors = bytes[start + 6 + 3 * component + 1]
      guard (1...4).contains(factors >> 4), (1...4).contains(factors & 15) else {
        throw ImagingError.damaged(
          .jpeg, reason: "a component has the sampling factors \(factors >> 4) x \(factors & 15)")
      }
      horizontal = max(horizontal, Int(factors >> 4))
      vertical = max(vertical, Int(factors & 15))
    }
    (self.horizontal, self.vertical) = (horizontal, vertical)
  }

  /// Why a frame of this coding is not read; nil for baseline, extended and progressive Huffman coding.
  private static func refusedCoding(_ marker: UInt8) -> String? {
    switch marker {
    case 0xC0, 0xC1, 0xC2: nil
    case 0xC3: "lossless coding"
    case 0xC5, 0xC6, 0xC7: "hierarchical coding"
    default: "arithmetic coding"
    }
  }

  /// Blocks of 8 x 8 samples of all components together.
  var blockCount: Int {
    (0..<componentCount).reduce(0) { sum, component in
      let factors = bytes[firstComponent + 3 * component + 1]
      let across = Self.eighths(size.width * Int(factors >> 4), of: horizontal)
      let down = Self.eighths(size.height * Int(factors & 15), of: vertical)
      return sum + across * down
    }
  }

  /// What an interleaved scan of all components, or the one of a single component, codes one after the other: its MCUs.
  var unitCount: Int {
    guard componentCount > 1 else { return Self.eighths(size.width, of: 1) * Self.eighths(size.height, of: 1) }
    return Self.eighths(size.width, of: horizontal) * Self.eighths(size.height, of: vertical)
  }

  /// Blocks that cover `samples / divisor` samples, rounded up.
  private static func eighths(_ samples: Int, of divisor: Int) -> Int { (samples + 8 * divisor - 1) / (8 * divisor) }

  /// The place of the component of an id, and the number of its quantisation table; nil where no component has it.
  func component(id: UInt8) -> (index: Int, table: UInt8)? {
    for component in 0..<componentCount where bytes[firstComponent + 3 * component] == id {
      return (component, bytes[firstComponent + 3 * component + 2])
    }
    return nil
  }
}

extension JPEGFrame {
  /// Bit n is set where `scan` codes the blocks' means of component n.
  func componentsCoded(by scan: JPEGScan) -> Int {
    guard scan.codesDirect else { return 0 }
    return (0..<scan.componentCount).reduce(0) { bits, number in
      bits | (component(id: scan.component(number).id).map { 1 << $0.index } ?? 0)
    }
  }
}
