import Foundation

/// A file named .jpg that is unusual, damaged or hostile, with the expected result.
package struct ImageFault: Sendable, CustomStringConvertible {
  /// The content of the file.
  package enum Content: Sendable {
    case bytes([UInt8])
    /// Not a file of bytes; the closure makes it at a path.
    case made(@Sendable (_ path: String) throws -> Void)
  }

  /// Name of the file without ending.
  package let name: String
  /// The content of the file.
  package let content: Content
  /// A word of the expected reason; nil if the image decodes.
  package let word: String?

  /// The name of the file.
  package var description: String { name }

  /// The bytes of the file; nil if it has none.
  package var bytes: [UInt8]? {
    if case .bytes(let bytes) = content { bytes } else { nil }
  }

  /// Writes the file into `folder`. Throws if it cannot be made.
  package func plant(in folder: URL) throws {
    let path = folder.appending(path: name + ".jpg").path
    switch content {
    case .bytes(let bytes): try Data(bytes).write(to: URL(filePath: path))
    case .made(let make): try make(path)
    }
  }

  static func decodes(_ name: String, _ bytes: [UInt8]) -> ImageFault {
    ImageFault(name: name, content: .bytes(bytes), word: nil)
  }

  static func refused(_ name: String, _ word: String, _ bytes: [UInt8]) -> ImageFault {
    ImageFault(name: name, content: .bytes(bytes), word: word)
  }

  /// All faults, more than a hundred. Throws if a sample cannot be encoded.
  package static func all() throws -> [ImageFault] {
    let bytes = try [unusual(), oriented(), foreign(), truncated(), kinds(), bombs(), structures(), codes()]
    return bytes.flatMap(\.self) + paths()
  }
}

/// Things at a file's path that are not regular files.
extension ImageFault {
  private static func paths() -> [ImageFault] {
    func made(_ name: String, _ word: String, _ make: @escaping @Sendable (String) -> Int32) -> ImageFault {
      ImageFault(
        name: name,
        content: .made { path in
          guard make(path) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        }, word: word)
    }
    let faults = [
      made("pipe", "regular file") { mkfifo($0, 0o644) },
      made("device", "regular file") { symlink("/dev/zero", $0) },
      made("link-to-nothing", "which is gone") { symlink("nothing", $0) },
      made("link-to-itself", "symbolic links") { symlink("link-to-itself.jpg", $0) },
      made("300-mib-of-nothing", "\(256 << 20)") { path in
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        defer { close(file) }
        return ftruncate(file, 300 << 20)
      },
    ]
    let unreadable = made("unreadable", "Permission denied") { path in
      let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0)
      return file < 0 ? -1 : close(file)
    }
    return geteuid() == 0 ? faults : faults + [unreadable]  // root can read everything
  }
}
