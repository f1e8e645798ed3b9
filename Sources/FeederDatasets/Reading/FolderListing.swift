import Foundation

/// The names in a folder, taken from the system byte by byte: `FileManager` loses names that are not UTF-8.
package struct FolderListing: Sendable {
  /// What a name leads to, as far as the folder itself says.
  package enum Kind: Sendable {
    /// A file, or something else that is no folder.
    case file
    /// A folder.
    case folder
    /// A link, or a file system that does not say: `FileBytes.isFolder` knows.
    case unknown
  }

  /// The names that do not begin with a dot, in no order.
  package private(set) var items: [(name: String, kind: Kind)] = []
  /// The names that begin with a dot, without the folder and its parent, in no order.
  private(set) var hiddenNames: [String] = []
  /// Names that are not UTF-8, each odd byte shown as `\xNN`.
  package private(set) var oddNames: [String] = []

  /// Lists the folder at `path`; nil with errno if the system refuses.
  package init?(_ path: String) {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    errno = 0
    while let entry = readdir(folder) {
      let kind: Kind =
        switch Int32(entry.pointee.d_type) {
        case Int32(DT_DIR): .folder
        case Int32(DT_LNK), Int32(DT_UNKNOWN): .unknown
        default: .file
        }
      withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        let name = bytes.prefix { $0 != 0 }
        if name.first == UInt8(ascii: ".") {
          if let text = String(validating: name, as: UTF8.self), text != ".", text != ".." { hiddenNames.append(text) }
        } else if let text = String(validating: name, as: UTF8.self) {
          items.append((text, kind))
        } else {
          oddNames.append(Self.shown(name))
        }
      }
      errno = 0
    }
    if errno != 0 { return nil }
  }

  /// Bytes of a name that is not UTF-8 as a person can read them.
  package static func shown(_ name: some Sequence<UInt8>) -> String {
    name.map { byte in
      (0x20..<0x7F).contains(byte) ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
    }.joined()
  }
}
