import ArgumentParser
import Foundation

/// Prepares the words of the command line for the parser.
enum CommandWords {
  /// Joins a flag and a negative number, so that the parser does not take the number for another flag.
  ///
  /// Throws `ValidationError` for an empty word, which an unset shell variable leaves.
  static func prepared(_ words: [String]) throws -> [String] {
    var prepared: [String] = []
    for (index, word) in words.enumerated() {
      let before = index > 0 ? words[index - 1] : ""
      if word.isEmpty {
        let place = before.hasPrefix("--") ? "the value of \(before)" : "a word of the command"
        throw ValidationError("\(place) is empty; is a variable of the shell not set?")
      }
      if word.hasPrefix("--"), word.hasSuffix("="), word.count > 3 {
        throw ValidationError("the value of \(word.dropLast()) is empty; is a variable of the shell not set?")
      }
      if before.hasPrefix("--"), before.count > 2, !before.contains("="), isNegativeNumber(word) {
        prepared[prepared.count - 1] = before + "=" + word
      } else {
        prepared.append(word)
      }
    }
    return prepared
  }

  /// True for `-1`, `-.5`, `-2GiB` and `-inf`. No flag of Feeder starts so.
  private static func isNegativeNumber(_ word: String) -> Bool {
    guard word.hasPrefix("-"), let first = word.dropFirst().unicodeScalars.first else { return false }
    return ("0"..."9").contains(first) || first == "." || Double(word) != nil
  }
}
