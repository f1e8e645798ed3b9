import FeederCore

/// Masks as COCO writes them: lengths of runs of 0 and 1 in turn, column by column from the upper left corner.
enum RunLengths {
  /// The runs of COCO's text form: groups of five bits from `0` on, the sixth bit says that more follow, and from the third run on
  /// each is the difference to the run before the last. Nil if the text is none, or was cut.
  static func decode(_ text: String) -> [Int]? {
    guard text.utf8.count < JSONFile.longestText else { return nil }
    var runs: [Int] = []
    var value = 0
    var shift = 0
    for byte in text.utf8 {
      guard (48...111).contains(byte), shift < 60 else { return nil }
      let bits = Int(byte) - 48
      value |= (bits & 31) << shift
      shift += 5
      guard bits & 32 == 0 else { continue }
      if bits & 16 != 0 { value |= -1 << shift }
      let (run, overflows) = value.addingReportingOverflow(runs.count > 2 ? runs[runs.count - 2] : 0)
      guard !overflows else { return nil }
      runs.append(run)
      value = 0
      shift = 0
    }
    return shift == 0 ? runs : nil
  }

  /// The box around the ones; an empty hull if there are none, nil if the runs do not fill the mask.
  static func hull(_ runs: [Int], height: Int, width: Int) -> Hull? {
    guard height > 0, width > 0, height <= 1 << 20, width <= 1 << 20 else { return nil }
    var hull = Hull()
    var place = 0
    for (index, run) in runs.enumerated() {
      guard run >= 0, run <= height * width - place else { return nil }
      if index % 2 == 1, run > 0 {
        let (first, last) = (place, place + run - 1)
        let isOneColumn = first / height == last / height
        let top = isOneColumn ? first % height : 0
        let bottom = isOneColumn ? last % height : height - 1
        hull.add(Double(first / height), Double(top))
        hull.add(Double(last / height + 1), Double(bottom + 1))
      }
      place += run
    }
    return place == height * width ? hull : nil
  }
}
