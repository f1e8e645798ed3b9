import Foundation

/// The JPEG library in use.
package enum JPEGLibrary {
  /// Its version, such as "2.1.5", read from its file because its interface does not give it; "unknown" if the file has none.
  package static var version: String {
    guard let file = try? Data(contentsOf: URL(filePath: path), options: .alwaysMapped),
      let found = file.range(of: Data("libjpeg-turbo version ".utf8))
    else { return "unknown" }
    let digits = file[found.upperBound...].prefix(16).prefix { $0 == UInt8(ascii: ".") || (48...57).contains($0) }
    return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
  }

  /// The file that is mapped into this process; the program itself where the library is linked into it.
  private static var path: String {
    // Read to its end: the kernel hands this file out page by page.
    let maps = (try? FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd()) ?? Data()
    let line = String(decoding: maps, as: UTF8.self).split(separator: "\n").first { $0.contains("/libturbojpeg.so") }
    return line.flatMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } } ?? "/proc/self/exe"
  }
}
