import Foundation

/// A new folder for one test. It is removed with its contents when the value is released.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "feeder-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.resolvingSymlinksInPath().path
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path): \(error)") }
  }

  func file(_ name: String) -> String { path + "/" + name }

  /// Writes a text file and returns its path.
  @discardableResult
  func write(_ text: String, _ name: String) throws -> String {
    try Data(text.utf8).write(to: URL(filePath: file(name)))
    return file(name)
  }

  func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

  /// Names in the folder, sorted.
  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

  /// The type of the file at `name`. Links are not followed.
  func type(_ name: String) -> mode_t {
    var status = stat()
    return lstat(file(name), &status) == 0 ? status.st_mode & S_IFMT : 0
  }

  /// Makes a device: /dev/null (1, 3) or /dev/full (1, 7). False if the system does not allow it.
  func makeDevice(_ name: String, minor: UInt64) -> Bool {
    mknod(file(name), S_IFCHR | 0o666, dev_t(1 << 8 | minor)) == 0
  }

  /// True if devices can be made and opened. Prints a line if not.
  static let hasDevices: Bool = {
    guard let folder = try? TemporaryFolder(), folder.makeDevice("null", minor: 3) else { return false }
    let descriptor = open(folder.file("null"), O_WRONLY)
    if descriptor >= 0 { close(descriptor) }
    return descriptor >= 0
  }()
}
