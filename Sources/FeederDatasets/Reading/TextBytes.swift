/// Text files as bytes.
enum TextBytes {
  /// Bytes of the UTF-8 byte order mark that `bytes` begin with: 3 or 0. It says nothing of the content.
  static func markCount(_ bytes: some Collection<UInt8>) -> Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }
}
