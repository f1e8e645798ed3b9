import FeederCache
import FeederCore
import FeederTuning
import Foundation

/// The file in the cache folder that keeps a `LearnedSetting` for one data set, machine, model and batch: JSON of some hundred
/// bytes, believed only where every field is there, in its range and meant for the same run.
package struct LearnedSettingFile: Sendable, Equatable {
  /// As it lies on the disk.
  private struct Document: Codable {
    var format: Int
    var learnedFor: String
    var workers: Int
    var prefetchDepth: Int
    var steps: Int
  }

  private static let format = 1
  /// Beyond them nobody's loader goes; the limits of the run cut the rest.
  private static let range = 1...1024

  /// Where it lies.
  package let path: String
  /// What it is for, in words: machine, model, batch and all else that moves the setting.
  package let purpose: String

  /// The file for `purpose` at `path`.
  package init(path: String, purpose: String) {
    self.path = path
    self.purpose = purpose
  }

  /// What was learned; nil where nothing was, or where the file is damaged, which `note` is told in one line.
  package func read(note: (SettingLine) -> Void) -> LearnedSetting? {
    do {
      guard let text = try NoteFile.read(path) else { return nil }
      if let learned = Self.learned(text, for: purpose) { return learned }
      note("\(path): is no setting that was learned for this run; ignored, and written anew at the end")
    } catch {
      note("\(SettingLine(error)); what was learned is ignored, and written anew at the end")
    }
    return nil
  }

  /// Keeps `learned` in place of what was there. Throws `CacheError.system`.
  package func write(_ learned: LearnedSetting) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let document = Document(
      format: Self.format, learnedFor: purpose, workers: learned.setting.workers,
      prefetchDepth: learned.setting.prefetchDepth, steps: learned.stepCount)
    try NoteFile.write(String(decoding: encoder.encode(document), as: UTF8.self) + "\n", to: path)
  }

  private static func learned(_ text: String, for purpose: String) -> LearnedSetting? {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let document = try? decoder.decode(Document.self, from: Data(text.utf8)), document.format == format,
      document.learnedFor == purpose, range.contains(document.workers), range.contains(document.prefetchDepth),
      (0...Int(Int32.max)).contains(document.steps)
    else { return nil }
    return LearnedSetting(
      setting: TuningSetting(workers: document.workers, prefetchDepth: document.prefetchDepth),
      stepCount: document.steps)
  }
}
