/// Text files as bytes.
package enum TextBytes {
  /// Bytes of the UTF-8 byte order mark that `bytes` begin with: 3 or 0. It says nothing of the content.
  package static func markCount(_ bytes: some Collection<UInt8>) -> Int {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// True for UTF-16, with its mark or without: no other text has a zero among its first two bytes.
  package static func isUTF16(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
      || (bytes.count > 1 && bytes.prefix(2).contains(0))
  }

  /// The lines without their ends, which are `\n`, `\r\n` or a lone `\r`.
  package static func lines(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = text.startIndex
    for place in text.indices {
      let isFeed = text[place] == UInt8(ascii: "\n")
      guard isFeed || text[place] == UInt8(ascii: "\r") else { continue }
      let isSecondHalf = isFeed && place > text.startIndex && text[place - 1] == UInt8(ascii: "\r")
      if !isSecondHalf { lines.append(text[start..<place]) }
      start = place + 1
    }
    return lines + [text[start...]]
  }
}
