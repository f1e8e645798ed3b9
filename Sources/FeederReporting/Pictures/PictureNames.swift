import Foundation

/// Class names for pictures: short, unique, and only with letters that can be drawn.
package struct PictureNames: Sendable {
  /// Most columns of a name. A Chinese letter takes two.
  package static let mostColumns = 20
  /// Most names in the message about names that cannot be drawn.
  private static let mostTold = 20

  /// The name of each class in pictures.
  package let texts: [String]
  private let classNames: [String]
  private let undrawable: [Int]

  /// The names for pictures that Feeder or gnuplot draws.
  package init(_ classNames: [String]) {
    self.init(classNames) { name in Lettering.shared.withLock { $0.draws(name) } }
  }

  /// The names for a page. A browser draws every script.
  package init(forPage classNames: [String]) { self.init(classNames) { _ in true } }

  /// The names, if `draws` decides which can be drawn.
  init(_ classNames: [String], draws: (String) -> Bool) {
    self.classNames = classNames
    undrawable = classNames.indices.filter { !draws(classNames[$0]) }
    let numbered = Set(undrawable)
    var texts = classNames.enumerated().map { index, name in
      (numbered.contains(index) ? Self.number(index, name, draws) : name).shortened(to: Self.mostColumns)
    }
    let classes = Dictionary(grouping: texts.indices) { texts[$0] }
    for (index, text) in texts.enumerated() where (classes[text]?.count ?? 0) > 1 {
      texts[index] = text.shortened(to: Self.mostColumns - 5) + " #\(index)"
    }
    self.texts = texts
  }

  /// The class number, with the name in Latin letters if it can be transliterated.
  private static func number(_ index: Int, _ name: String, _ draws: (String) -> Bool) -> String {
    let latin = name.applyingTransform(.toLatin, reverse: false)?.applyingTransform(.stripDiacritics, reverse: false)
    let letters = (latin ?? "").filter { $0.isASCII && draws(String($0)) }.trimmingCharacters(in: .whitespaces)
    return letters.isEmpty ? "class \(index)" : "\(index) \(letters)"
  }

  /// The name of a class in pictures; its number if it has no name.
  package subscript(classID: Int) -> String { texts.indices.contains(classID) ? texts[classID] : "\(classID)" }

  /// Explains the names that are shown differently, as in "3 duan lu = 短路". Empty if there are none.
  package var legend: [String] {
    zip(texts, classNames).filter { $0 != $1 }.map { "\($0) = \($1)" }
  }

  /// The message about names that cannot be drawn; nil if all can.
  package var line: String? {
    guard !undrawable.isEmpty else { return nil }
    let told = undrawable.prefix(Self.mostTold).map { index in
      "\(texts[index]) = " + classNames[index].split(whereSeparator: \.isNewline).joined(separator: " ")
    }.joined(separator: ", ")
    return
      "pictures show numbers for \(undrawable.count) of \(classNames.count) class names, whose letters no font here can draw "
      + "(Debian: apt-get install fonts-wqy-microhei fonts-dejavu-core, for scripts without joined letters): \(told)"
      + (undrawable.count > Self.mostTold ? ", ..." : "")
  }
}

extension String {
  /// Columns of the text on a terminal. Chinese, Japanese and Korean letters take two.
  package var columns: Int { reduce(0) { $0 + $1.columns } }

  /// The text, or as much of its start as fits with an ellipsis into `most` columns.
  package func shortened(to most: Int) -> String {
    guard columns > most else { return self }
    var (text, width) = ("", 1)
    for character in self {
      width += character.columns
      if width > most { break }
      text.append(character)
    }
    return text + "\u{2026}"
  }
}

extension Character {
  /// 2 for letters of Unicode blocks whose East Asian Width is wide throughout, else 1.
  fileprivate var columns: Int {
    guard let value = unicodeScalars.first?.value else { return 0 }
    let isWide =
      (0x1100...0x115F).contains(value) || (0x2E80...0xA4CF).contains(value) || (0xAC00...0xD7A3).contains(value)
      || (0xF900...0xFAFF).contains(value) || (0xFE30...0xFE6F).contains(value) || (0xFF00...0xFF60).contains(value)
      || (0xFFE0...0xFFE6).contains(value) || (0x1F300...0x1FAFF).contains(value) || (0x20000...0x3FFFD).contains(value)
    return isWide ? 2 : 1
  }
}
