import ArgumentParser
import FeederFiles
import FeederRun
import Foundation

extension OutputFile {
  /// Opens the output file of `option` if `path` names one. It is checked before any work starts; a line says if it
  /// gets a number.
  ///
  /// If it is stdout, results for people go to stderr. Throws `FileError`, or `ValidationError` if `--json` needs
  /// stdout as well.
  static func open(
    _ path: String?, option: String, _ signature: FileSignature, json: Bool, reading: () -> [String] = { [] }
  ) throws -> OutputFile? {
    guard let path else { return nil }
    let file = try OutputFile(path, option: option, signature, reading: reading)
    if file.isStandardOutput {
      guard !json else {
        throw ValidationError("\(option) \(path) is stdout, which --json uses for its document: name a file")
      }
      Terminal.isOutputTaken.withLock { $0 = true }
    }
    if let note = file.note { Terminal.say(note) }
    return file
  }

  /// Writes `data` and prints the path. If this is stdout and its reader is gone, throws `QuietEnd` with status 1.
  func deliver(_ data: Data, as what: String) throws {
    do {
      try write(data)
    } catch let error as FileError where error.isReaderGone && isStandardOutput {
      throw QuietEnd(status: 1)
    }
    Terminal.say("\(what): \(path)")
  }
}
