import FeederImaging

/// Which tables a JPEG has defined until a place in it. A decoder keeps the tables of the image before, so one that a file does not
/// define would be whatever came last.
struct JPEGTables {
  /// Bit n stands for table n, 0 to 3.
  private var quantisation: UInt8 = 0
  private var direct: UInt8 = 0
  private var alternating: UInt8 = 0

  /// Notes the tables of a segment DQT or DHT; of one that is cut, those in front of the cut.
  mutating func note(_ marker: UInt8, _ bytes: EncodedBytes, _ payload: Range<Int>) {
    var place = payload.lowerBound
    while place < payload.upperBound {
      let kind = bytes[place] >> 4
      let bit: UInt8 = bytes[place] & 15 < 4 ? 1 << (bytes[place] & 15) : 0
      place += 1
      if marker == 0xDB {
        quantisation |= bit
        place += kind == 0 ? 64 : 128
      } else {
        guard place + 16 <= payload.upperBound else { return }
        if kind == 0 { direct |= bit } else { alternating |= bit }
        place += 16 + (0..<16).reduce(0) { $0 + Int(bytes[place + $1]) }
      }
    }
  }

  /// True where the scan that `payload` announces finds every table it needs.
  func serve(_ scan: JPEGScan, of frame: JPEGFrame) -> Bool {
    for number in 0..<scan.componentCount {
      let (id, selectors) = scan.component(number)
      guard let component = frame.component(id: id), has(component.table, in: quantisation),
        !scan.codesDirect || has(selectors >> 4, in: direct),
        !scan.codesAlternating || has(selectors & 15, in: alternating)
      else { return false }
    }
    return true
  }

  private func has(_ table: UInt8, in tables: UInt8) -> Bool { table < 4 && tables & (1 << table) != 0 }
}

/// What a scan header says (ITU-T T.81, B.2.3). Lives no longer than the bytes it lies in.
struct JPEGScan {
  private let bytes: EncodedBytes
  private let start: Int
  /// 1 to 4.
  let componentCount: Int
  /// True if it codes the blocks' means, or the first bits of them.
  let codesDirect: Bool
  /// True if it codes anything but the means.
  let codesAlternating: Bool

  /// Reads the header. Throws `ImagingError.damaged` where its length does not fit.
  init(_ bytes: EncodedBytes, _ payload: Range<Int>) throws {
    let start = payload.lowerBound
    guard let count = payload.isEmpty ? nil : Int(bytes[start]), (1...4).contains(count),
      payload.count == 4 + 2 * count
    else { throw ImagingError.damaged(.jpeg, reason: "a scan header's length does not fit its components") }
    self.bytes = bytes
    self.start = start
    componentCount = count
    codesDirect = bytes[start + 1 + 2 * count] == 0
    codesAlternating = bytes[start + 2 + 2 * count] > 0
  }

  /// The id of a component of the scan, and the numbers of its tables: DC in the upper half, AC in the lower.
  func component(_ number: Int) -> (id: UInt8, selectors: UInt8) {
    (bytes[start + 1 + 2 * number], bytes[start + 2 + 2 * number])
  }
}
