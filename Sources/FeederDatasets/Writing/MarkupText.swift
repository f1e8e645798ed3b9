import Foundation

/// Texts and numbers as JSON has them.
enum JSONText {
  /// A text with its quotes. JSON's quoting is YAML's.
  static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    do {
      return String(decoding: try encoder.encode(text), as: UTF8.self)
    } catch {
      preconditionFailure("every text has a JSON form: \(error)")
    }
  }

  /// The length from one edge to another, to a ten-thousandth as the edges are.
  static func length(_ first: Double, _ last: Double) -> Double { ((last - first) * 1e4).rounded() / 1e4 }
}

/// Texts as XML has them.
enum XMLText {
  /// A text in an element or in an attribute of double quotes. Control characters, which XML does not have, are left out.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: continue
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
