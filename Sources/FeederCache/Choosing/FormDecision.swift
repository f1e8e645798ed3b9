import FeederCore
import FeederDatasets
import Foundation

/// What `--cache auto` decided for one split, remembered beside the cache files: the next run does not measure again, so that
/// noise never makes it build another form.
struct FormDecision: Sendable, Equatable {
  let form: CacheForm
  /// Channels it was decided for: 1 or 3.
  let channels: Int
  /// Bytes of the split's pixels, and of memory that could have held them.
  let pixelByteCount: Int
  let room: Int
  /// The numbers behind it, for people.
  let reason: String

  static let ending = ".decision"
  private static let title = "feeder form decision 1"

  /// True while memory is about what it was: a decision is only taken again where the pixels fitted and are now twice as
  /// large as their room, or the other way round.
  func holds(room now: Int) -> Bool {
    if pixelByteCount <= room { return pixelByteCount / 2 <= now }
    return now / 2 < pixelByteCount
  }

  /// The text of the file.
  private var text: String {
    [
      Self.title, "form \(form.rawValue)", "channels \(channels)", "pixel_bytes \(pixelByteCount)", "room \(room)",
      "reason \(reason)",
    ].joined(separator: "\n") + "\n"
  }

  init(form: CacheForm, channels: Int, pixelByteCount: Int, room: Int, reason: String) {
    self.form = form
    self.channels = channels
    self.pixelByteCount = pixelByteCount
    self.room = room
    self.reason = reason
  }

  /// Reads what was remembered; nil where there is nothing, or anything else.
  init?(path: String) {
    guard let text = (try? NoteFile.read(path)) ?? nil else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    func value(_ line: Int, _ name: String) -> Substring? {
      lines[line].hasPrefix(name + " ") ? lines[line].dropFirst(name.count + 1) : nil
    }
    guard lines.count == 7, lines[0] == Self.title,
      let form = value(1, "form").flatMap({ CacheForm(rawValue: String($0)) }),
      let channels = value(2, "channels").flatMap({ Int($0) }), channels == 1 || channels == 3,
      let pixels = value(3, "pixel_bytes").flatMap({ Int($0) }), pixels >= 0,
      let room = value(4, "room").flatMap({ Int($0) }), room >= 0, let reason = value(5, "reason")
    else { return nil }
    self.init(form: form, channels: channels, pixelByteCount: pixels, room: room, reason: String(reason))
  }

  /// Remembers the decision as `path`. Throws `CacheError.system`.
  func write(to path: String) throws { try NoteFile.write(text, to: path) }
}
