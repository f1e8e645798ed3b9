import FeederCodecs
import FeederCore

/// The text files of the YOLO layout.
package enum LayoutText {
  /// A data.yaml of `images/train` and so on beside it. It has no `path`, so every tool looks beside the file. The count of classes
  /// stands before their names: a file that was cut off lacks names, and is refused.
  package static func dataYAML(classNames: [String], splits: [Split] = [.train, .val]) -> [UInt8] {
    dataYAML(classNames: classNames, folders: splits.map { ($0, "images/\($0)") })
  }

  /// The same with other folders of images, and the window of images of more than 8 bits.
  static func dataYAML(
    classNames: [String], folders: [(split: Split, folder: String)], window: LevelWindow? = nil
  ) -> [UInt8] {
    var text = folders.map { "\($0.split): \($0.folder)\n" }.joined()
    if let window {
      text += "window: \(window.levels.map { "[\($0.lowerBound), \($0.upperBound)]" } ?? window.text)\n"
      text += "curve: \(window.curve.rawValue)\n"
    }
    text += "nc: \(classNames.count)\nnames:\n"
    for (index, name) in classNames.enumerated() { text += "  \(index): \(quoted(name))\n" }
    return [UInt8](text.utf8)
  }

  /// A label file: one object a line, numbers in the fewest digits that read back the same.
  package static func labelFile(_ labels: [Label]) -> [UInt8] {
    var text = ""
    for label in labels {
      text += "\(label.classID) \(label.centerX) \(label.centerY) \(label.width) \(label.height)\n"
    }
    return [UInt8](text.utf8)
  }

  /// A name as YAML reads it back.
  private static func quoted(_ name: String) -> String {
    let reserved: Set = ["y", "n", "yes", "no", "true", "false", "on", "off", "null"]
    let isPlain =
      name.unicodeScalars.first?.properties.isAlphabetic == true && !reserved.contains(name.lowercased())
      && name.utf8.allSatisfy {
        $0 == 0x2D || $0 == 0x5F || (0x30...0x39).contains($0) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A)
      }
    if isPlain { return name }
    return JSONText.quoted(name)
  }
}
