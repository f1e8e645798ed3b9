import FeederDatasets

/// Text files of labels that have the name of their image, as KITTI and DOTA write them.
enum LabelText {
  /// Some ten thousand objects.
  private static let largestFile = 16 << 20

  /// The lines of a file as words, without empty lines. Throws `DatasetError` if it cannot be read or is no UTF-8 text.
  static func lines(of file: String) throws -> [(number: Int, words: [Substring])] {
    let bytes = try FileBytes.read(file, limit: largestFile)
    guard !TextBytes.isUTF16(bytes) else {
      throw DatasetError.source(file: file, line: nil, problem: "is UTF-16; save it as UTF-8")
    }
    let lines = TextBytes.lines(bytes.dropFirst(TextBytes.markCount(bytes)))
    return try lines.enumerated().compactMap { index, line in
      guard let text = String(validating: line, as: UTF8.self) else {
        throw DatasetError.source(file: file, line: index + 1, problem: "is not UTF-8 text")
      }
      let words = text.split { $0 == " " || $0 == "\t" }
      return words.isEmpty ? nil : (index + 1, words)
    }
  }

  /// A plain decimal number, whatever the locale; nil for other text, as "nan" and hexadecimal digits.
  static func number(_ text: some StringProtocol) -> Double? {
    let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x65, 0x45].contains($0) }
    guard isPlain, let value = Double(text), value.isFinite else { return nil }
    return value
  }
}
