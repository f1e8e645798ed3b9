import ArgumentParser
import Foundation

/// The words of the command line as the parser needs them.
enum CommandWords {
  /// Joins a flag and a negative number, so that the parser takes the number for the flag's value and not for another flag. Throws
  /// `ValidationError` for an empty word, as a shell makes it of a variable that is not set.
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

  /// True for `-1`, `-.5`, `-2GiB` and `-inf`: no flag of ours begins so.
  private static func isNegativeNumber(_ word: String) -> Bool {
    guard word.hasPrefix("-"), let first = word.dropFirst().unicodeScalars.first else { return false }
    return ("0"..."9").contains(first) || first == "." || Double(word) != nil
  }
}
