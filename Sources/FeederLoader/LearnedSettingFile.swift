import FeederCache
import FeederCore
import FeederTuning
import Foundation

/// The file in the cache folder that stores a `LearnedSetting` for one data set, machine, model and batch size. It is
/// JSON of a few hundred bytes. It is used only if every field is present, in its range and for the same purpose.
package struct LearnedSettingFile: Sendable, Equatable {
  /// The JSON document.
  private struct Document: Codable {
    var format: Int
    var learnedFor: String
    var workers: Int
    var prefetchDepth: Int
    var steps: Int
  }

  private static let format = 1
  /// No loader needs more. The limits of the run apply too.
  private static let range = 1...1024

  /// The path of the file.
  package let path: String
  /// The purpose in words: machine, model, batch size and all else that influences the setting.
  package let purpose: String

  /// The file for `purpose` at `path`.
  package init(path: String, purpose: String) {
    self.path = path
    self.purpose = purpose
  }

  /// The learned setting. Nil if there is none or the file is damaged; then `note` gets a line about it.
  package func read(note: (SettingLine) -> Void) -> LearnedSetting? {
    do {
      guard let text = try NoteFile.read(path) else { return nil }
      if let learned = Self.learned(text, for: purpose) { return learned }
      note("\(path): holds no setting for this run; it is ignored, and written again at the end")
    } catch {
      note("\(SettingLine(error)); the learned setting is ignored, and written again at the end")
    }
    return nil
  }

  /// Stores `learned` and replaces an earlier setting. Throws `CacheError.system` if the write fails.
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
