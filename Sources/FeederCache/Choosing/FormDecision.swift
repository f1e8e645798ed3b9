import FeederCore
import FeederDatasets
import Foundation

/// The decision of `--cache auto` for one split, stored beside the cache files. The next run does not measure again, so
/// noise never makes it build another form.
struct FormDecision: Sendable, Equatable {
  let form: CacheForm
  /// Channels that the decision is for: 1 or 3.
  let channels: Int
  /// Bytes of the split's pixels.
  let pixelByteCount: Int
  /// Bytes of memory that could have held the pixels.
  let room: Int
  /// The costs behind the decision, in one line.
  let reason: String

  static let ending = ".decision"
  private static let title = "feeder form decision 1"

  /// True if `now`, the bytes of memory that can hold the pixels, still supports the decision. It is taken again only
  /// if the pixels fitted and are now more than twice as large as the memory, or the reverse.
  func holds(room now: Int) -> Bool {
    if pixelByteCount <= room { return pixelByteCount / 2 <= now }
    return now / 2 < pixelByteCount
  }

  /// The text of the decision file.
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

  /// Reads a stored decision. Nil if there is none or the file is invalid.
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

  /// Stores the decision at `path`. Throws `CacheError.system` if the write fails.
  func write(to path: String) throws { try NoteFile.write(text, to: path) }
}
